# The libraries of CMakeLists.txt for the portable program: Debian 12's static archives under the same names. Debian has no
# archive of Highway, fmt and ONNX's protobuf classes: the first is compiled from its source package (CONVNEXT_PORTABLE_HIGHWAY),
# fmt is headers alone, the classes are generated from onnx.proto. protobuf has an archive, but its variables of a thread are
# addressed as only a program's may be, and a Python module is none: so its lite runtime is compiled from its source package, too
# (CONVNEXT_PORTABLE_PROTOBUF). What an archive needs follows it.
find_package(Threads REQUIRED)
set(archive_directory ${CMAKE_FIND_ROOT_PATH}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE})
set(include_directory ${CMAKE_FIND_ROOT_PATH}/usr/include)

# portable_library(TARGET [ARCHIVES NAME...] [NEEDS TARGET...]): NAME is libNAME.a.
function(portable_library target)
  cmake_parse_arguments(ARG "" "" "ARCHIVES;NEEDS" ${ARGN})
  list(TRANSFORM ARG_ARCHIVES REPLACE "(.+)" "${archive_directory}/lib\\1.a")
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(${target} INTERFACE ${ARG_ARCHIVES} ${ARG_NEEDS})
endfunction()

portable_library(nlohmann_json::nlohmann_json)
portable_library(CLI11::CLI11)
portable_library(fmt::fmt)
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)
portable_library(ZLIB::ZLIB ARCHIVES z)
portable_library(JPEG::JPEG ARCHIVES jpeg)
portable_library(PNG::PNG ARCHIVES png16 NEEDS ZLIB::ZLIB m)
portable_library(PkgConfig::WebP ARCHIVES webpdemux webp NEEDS m Threads::Threads)
add_library(portable_jbig STATIC ${PROJECT_SOURCE_DIR}/cmake/portable/jbig.cc)
portable_library(TIFF::TIFF ARCHIVES tiff webp zstd lzma Lerc jpeg deflate z NEEDS portable_jbig m Threads::Threads)
portable_library(PkgConfig::OpenJpeg ARCHIVES openjp2 NEEDS m Threads::Threads)
target_include_directories(PkgConfig::OpenJpeg INTERFACE ${include_directory}/openjpeg-2.5)
# Of libarchive only what reads tar and zip is linked in: it needs neither libacl, liblz4 nor libxml2.
add_library(portable_nettle STATIC ${PROJECT_SOURCE_DIR}/cmake/portable/nettle.cc)
portable_library(PkgConfig::Zstd ARCHIVES zstd NEEDS Threads::Threads)
portable_library(PkgConfig::LibArchive ARCHIVES archive zstd lzma bz2 z NEEDS portable_nettle Threads::Threads)
portable_library(OpenSSL::Crypto ARCHIVES crypto NEEDS dl Threads::Threads)
portable_library(PkgConfig::Cairo ARCHIVES cairo pixman-1 fontconfig freetype png16 brotlidec brotlicommon expat z
  NEEDS dl m Threads::Threads)
target_include_directories(PkgConfig::Cairo INTERFACE ${include_directory}/cairo ${include_directory}/freetype2
                                                      ${include_directory}/pixman-1)

set(highway ${CONVNEXT_PORTABLE_HIGHWAY})
add_library(portable_hwy STATIC ${highway}/hwy/targets.cc ${highway}/hwy/aligned_allocator.cc ${highway}/hwy/per_target.cc)
target_compile_options(portable_hwy PRIVATE -w)
target_include_directories(portable_hwy PRIVATE ${highway})
set_target_properties(portable_hwy PROPERTIES UNITY_BUILD OFF)  # per_target.cc includes itself, once for each target
add_library(hwy::hwy ALIAS portable_hwy)

set(protobuf ${CONVNEXT_PORTABLE_PROTOBUF}/src)
file(READ ${protobuf}/Makefile.am lite_sources)  # the list that protobuf's own build has
string(REGEX MATCH "libprotobuf_lite_la_SOURCES = [^=]*\n\n" lite_sources "${lite_sources}")
string(REGEX MATCHALL "google/protobuf/[a-z_0-9/]+\\.cc" lite_sources "${lite_sources}")
list(TRANSFORM lite_sources PREPEND ${protobuf}/)
add_library(portable_protobuf STATIC ${lite_sources})
target_compile_options(portable_protobuf PRIVATE -w)
target_compile_definitions(portable_protobuf PRIVATE HAVE_PTHREAD=1)
target_include_directories(portable_protobuf SYSTEM PUBLIC ${protobuf})
target_link_libraries(portable_protobuf PUBLIC Threads::Threads)
set_target_properties(portable_protobuf PROPERTIES UNITY_BUILD OFF)  # two of them have functions of one name
add_library(protobuf::libprotobuf ALIAS portable_protobuf)

find_program(PROTOC protoc REQUIRED)
set(generated ${PROJECT_BINARY_DIR}/onnx_proto)
configure_file(${include_directory}/onnx/onnx.proto ${generated}/onnx/onnx-ml.proto COPYONLY)
add_custom_command(OUTPUT ${generated}/onnx/onnx-ml.pb.cc ${generated}/onnx/onnx-ml.pb.h
  COMMAND ${PROTOC} --cpp_out=${generated} --proto_path=${generated} onnx/onnx-ml.proto
  DEPENDS ${generated}/onnx/onnx-ml.proto VERBATIM)
add_library(onnx_proto STATIC ${generated}/onnx/onnx-ml.pb.cc ${generated}/onnx/onnx-ml.pb.h)
target_compile_options(onnx_proto PRIVATE -w)
target_compile_definitions(onnx_proto PUBLIC ONNX_ML=1 ONNX_NAMESPACE=onnx)
target_include_directories(onnx_proto SYSTEM BEFORE PUBLIC $<BUILD_INTERFACE:${generated}>)
target_link_libraries(onnx_proto PUBLIC protobuf::libprotobuf)

# Links a program or a shared library with what stands in for newer symbols of glibc. The map says what was linked in.
add_library(portable_glibc OBJECT ${PROJECT_SOURCE_DIR}/cmake/portable/glibc.cc)
set_target_properties(portable_glibc PROPERTIES POSITION_INDEPENDENT_CODE ON)
function(portable_link target)
  target_link_libraries(${target} PRIVATE portable_glibc)
  target_link_options(${target} PRIVATE -Wl,--wrap=pow,--wrap=exp,--wrap=log,--wrap=log2,-Map=${target}.map)
endfunction()
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)  # the emulator's OpenBLAS
