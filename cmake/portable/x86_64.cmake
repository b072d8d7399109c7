set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(debian amd64)
include(${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake)
