set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(debian arm64)
include(${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake)
