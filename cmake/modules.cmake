# One folder of src/ is one static library, named ingot_<folder>. It links only the folders it
# names; which folders it may name is the layer table in docs/architecture.md, and the layer test
# (tools/check_layers.py) reads that table.
add_library(ingot_options INTERFACE)
target_include_directories(ingot_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
set(INGOT_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Wnon-virtual-dtor
    -Woverloaded-virtual)
if(INGOT_WERROR)
    list(APPEND INGOT_WARNINGS -Werror)
endif()
target_compile_options(ingot_options INTERFACE ${INGOT_WARNINGS})
# Optimizing what tests say costs more than it saves: each line runs once.
set(INGOT_TEST_OPTIONS -O0)
if(INGOT_SANITIZE)
    target_compile_options(ingot_options INTERFACE -fsanitize=${INGOT_SANITIZE}
        -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(ingot_options INTERFACE -fsanitize=${INGOT_SANITIZE})
endif()

# APART names a folder inside that is a program of its own.
function(ingot_module NAME)
    cmake_parse_arguments(ARG "" "APART" "USES;LINKS" ${ARGN})
    file(GLOB_RECURSE SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    list(FILTER SOURCES EXCLUDE REGEX "/main/main\\.cpp$")
    if(ARG_APART)
        list(FILTER SOURCES EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${ARG_APART}/")
    endif()
    add_library(ingot_${NAME} STATIC ${SOURCES})
    target_link_libraries(ingot_${NAME} PUBLIC ingot_options ${ARG_LINKS})
    ingot_use_precompiled(ingot_${NAME} ingot_precompiled)
    foreach(USED ${ARG_USES})
        target_link_libraries(ingot_${NAME} PUBLIC ingot_${USED})
    endforeach()
endfunction()
