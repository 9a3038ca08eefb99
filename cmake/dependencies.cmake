# Everything comes from the system's packages (./dev setup installs them); nothing is downloaded here.
find_program(CCACHE ccache)
if(CCACHE)
    # ccache does not look into a precompiled header unless told that this is fine.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros "${CCACHE}")
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(fmt REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBSSH REQUIRED IMPORTED_TARGET libssh)
pkg_check_modules(LIBXXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(EXT2FS REQUIRED IMPORTED_TARGET ext2fs com_err)
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)
