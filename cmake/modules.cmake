# One folder of src/ is one static library, named ingot_<folder>. It links only the folders it
# names; which folders it may name is the layer table in docs/architecture.md, and the layer test
# (tools/check_layers.py) reads that table.
add_library(ingot_options INTERFACE)
target_include_directories(ingot_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_compile_options(ingot_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Wnon-virtual-dtor
    -Woverloaded-virtual)
if(INGOT_WERROR)
    target_compile_options(ingot_options INTERFACE -Werror)
endif()
if(INGOT_SANITIZE)
    target_compile_options(ingot_options INTERFACE -fsanitize=${INGOT_SANITIZE}
        -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(ingot_options INTERFACE -fsanitize=${INGOT_SANITIZE})
endif()

function(ingot_module NAME)
    cmake_parse_arguments(ARG "" "" "USES;LINKS" ${ARGN})
    file(GLOB_RECURSE SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    list(FILTER SOURCES EXCLUDE REGEX "/main/main\\.cpp$")
    add_library(ingot_${NAME} STATIC ${SOURCES})
    target_link_libraries(ingot_${NAME} PUBLIC ingot_options ${ARG_LINKS})
    ingot_use_precompiled(ingot_${NAME} ingot_precompiled)
    foreach(USED ${ARG_USES})
        target_link_libraries(ingot_${NAME} PUBLIC ingot_${USED})
    endforeach()
endfunction()
