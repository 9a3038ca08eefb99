# What most files include, parsed once. Files still include what they use: clang-tidy and the header
# check compile without this. Off for compilers other than the one that builds: -DINGOT_PCH=OFF.
option(INGOT_PCH "Precompile the headers that most files include" ON)
set(COMMON_HEADERS
    <algorithm> <array> <cerrno> <charconv> <chrono> <cstdint> <cstring> <filesystem> <functional>
    <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <utility>
    <variant> <vector> <boost/json.hpp> <fmt/format.h> <fmt/ranges.h>)

function(ingot_precompile NAME)
    add_library(${NAME} OBJECT "${PROJECT_SOURCE_DIR}/cmake/empty.cpp")
    target_link_libraries(${NAME} PRIVATE ingot_options Boost::json fmt::fmt)
    target_precompile_headers(${NAME} PRIVATE ${ARGN})
endfunction()

if(INGOT_PCH)
    add_compile_options(-fpch-preprocess) # lets ccache see through it
    ingot_precompile(ingot_precompiled ${COMMON_HEADERS})
    if(INGOT_TESTS)
        find_package(GTest REQUIRED)
        ingot_precompile(ingot_precompiled_tests ${COMMON_HEADERS} <gmock/gmock.h> <gtest/gtest.h>)
        target_link_libraries(ingot_precompiled_tests PRIVATE GTest::gmock)
        target_compile_options(ingot_precompiled_tests PRIVATE ${INGOT_TEST_OPTIONS})
    endif()
endif()

function(ingot_use_precompiled TARGET FROM)
    if(INGOT_PCH)
        target_precompile_headers(${TARGET} REUSE_FROM ${FROM})
    endif()
endfunction()
