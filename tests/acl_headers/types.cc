// Compiled by tests/acl_headers_test.cc, never linked: the constants, enumerations and structs of
// src/convnext/ascend/acl/declarations.h are those of the official headers. Ours come first, in a namespace, because
// official constants are macros.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace ours {
#include "emulator/op_types.h"
}

#define CONSTANTS(X)                \
  X(ACL_MAX_DIM_CNT)                \
  X(ACL_MAX_TENSOR_NAME_LEN)        \
  X(ACL_MAX_BATCH_NUM)              \
  X(ACL_PKG_VERSION_MAX_SIZE)       \
  X(ACL_PKG_VERSION_PARTS_MAX_SIZE) \
  X(ACL_EVENT_TIME_LINE)

#define ENUMERATORS(X)                                             \
  X(aclDataType, ACL_DT_UNDEFINED)                                 \
  X(aclDataType, ACL_FLOAT)                                        \
  X(aclDataType, ACL_FLOAT16)                                      \
  X(aclDataType, ACL_INT32)                                        \
  X(aclDataType, ACL_UINT8)                                        \
  X(aclDataType, ACL_INT64)                                        \
  X(aclrtMemMallocPolicy, ACL_MEM_MALLOC_HUGE_FIRST)               \
  X(aclrtMemcpyKind, ACL_MEMCPY_HOST_TO_DEVICE)                    \
  X(aclrtMemcpyKind, ACL_MEMCPY_DEVICE_TO_HOST)                    \
  X(aclrtMemAttr, ACL_DDR_MEM)                                     \
  X(aclrtMemAttr, ACL_HBM_MEM)                                     \
  X(aclCANNPackageName, ACL_PKG_NAME_CANN)                         \
  X(aclCANNPackageName, ACL_PKG_NAME_DRIVER)                       \
  X(aclFormat, ACL_FORMAT_UNDEFINED)                               \
  X(aclFormat, ACL_FORMAT_NCHW)                                    \
  X(aclFormat, ACL_FORMAT_NHWC)                                    \
  X(aclFormat, ACL_FORMAT_ND)                                      \
  X(aclmdlConfigAttr, ACL_MDL_LOAD_TYPE_SIZET)                     \
  X(aclmdlConfigAttr, ACL_MDL_PATH_PTR)                            \
  X(aclrtRunMode, ACL_DEVICE)                                      \
  X(aclrtRunMode, ACL_HOST)                                        \
  X(aclrtEventStatus, ACL_EVENT_STATUS_COMPLETE)                   \
  X(aclrtEventStatus, ACL_EVENT_STATUS_NOT_READY)                  \
  X(aclrtEventRecordedStatus, ACL_EVENT_RECORDED_STATUS_NOT_READY) \
  X(aclrtEventRecordedStatus, ACL_EVENT_RECORDED_STATUS_COMPLETE)  \
  X(aclrtStreamStatus, ACL_STREAM_STATUS_COMPLETE)                 \
  X(aclrtStreamStatus, ACL_STREAM_STATUS_NOT_READY)                \
  X(aclopEngineType, ACL_ENGINE_SYS)                               \
  X(aclopEngineType, ACL_ENGINE_AICORE)                            \
  X(aclopEngineType, ACL_ENGINE_VECTOR)                            \
  X(aclopCompileType, ACL_COMPILE_SYS)                             \
  X(aclopCompileType, ACL_COMPILE_UNREGISTERED)                    \
  X(aclCompileOpt, ACL_PRECISION_MODE)                             \
  X(aclCompileOpt, ACL_OP_PRECISION_MODE)                          \
  X(aclCompileOpt, ACL_PRECISION_MODE_V2)

#define KEEP(name) constexpr auto ours_##name = ours::name;
CONSTANTS(KEEP)
#undef KEEP
constexpr std::string_view ours_ACL_DYNAMIC_TENSOR_NAME = ours::ACL_DYNAMIC_TENSOR_NAME;

#include <acl/acl.h>
#include <acl/acl_op_compiler.h>

#define SAME_CONSTANT(name)                    \
  static_assert(ours_##name == (name), #name); \
  static_assert(std::is_unsigned_v<decltype(ours_##name)>, #name);
CONSTANTS(SAME_CONSTANT)
static_assert(ours_ACL_DYNAMIC_TENSOR_NAME == ACL_DYNAMIC_TENSOR_NAME);

#define SAME_ENUMERATOR(type, name)                                                                                   \
  static_assert(static_cast<int64_t>(ours::name) == static_cast<int64_t>(::name), #name);                             \
  static_assert(std::is_same_v<decltype(ours::name), ours::type> && std::is_same_v<decltype(::name), ::type>, #name); \
  static_assert(std::is_same_v<std::underlying_type_t<ours::type>, std::underlying_type_t<::type>>, #type);
ENUMERATORS(SAME_ENUMERATOR)

static_assert(std::is_same_v<ours::aclError, ::aclError>);
static_assert(std::is_same_v<ours::aclrtStream, ::aclrtStream>);
static_assert(std::is_same_v<ours::aclrtEvent, ::aclrtEvent>);
static_assert(std::is_same_v<ours::aclrtContext, ::aclrtContext>);

#define SAME_STRUCT(type)                                       \
  static_assert(sizeof(ours::type) == sizeof(::type), #type);   \
  static_assert(alignof(ours::type) == alignof(::type), #type); \
  static_assert(std::is_standard_layout_v<ours::type> && std::is_standard_layout_v<::type>, #type)
#define SAME_MEMBER(type, member)                                          \
  static_assert(offsetof(ours::type, member) == offsetof(::type, member)); \
  static_assert(std::is_same_v<decltype(ours::type::member), decltype(::type::member)>, #member)

SAME_STRUCT(aclCANNPackageVersion);
SAME_MEMBER(aclCANNPackageVersion, version);
SAME_MEMBER(aclCANNPackageVersion, majorVersion);
SAME_MEMBER(aclCANNPackageVersion, minorVersion);
SAME_MEMBER(aclCANNPackageVersion, releaseVersion);
SAME_MEMBER(aclCANNPackageVersion, patchVersion);
SAME_MEMBER(aclCANNPackageVersion, reserved);
SAME_STRUCT(aclmdlIODims);
SAME_MEMBER(aclmdlIODims, name);
SAME_MEMBER(aclmdlIODims, dimCount);
SAME_MEMBER(aclmdlIODims, dims);
SAME_STRUCT(aclmdlBatch);
SAME_MEMBER(aclmdlBatch, batchCount);
SAME_MEMBER(aclmdlBatch, batch);
