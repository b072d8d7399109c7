// Whether the emulator's functions have the types that src/convnext/ascend/acl/declarations.h declares: a line for each
// function of AclApi. (tests/acl_headers_test.cc compares both with the official headers.)
#include <type_traits>

#include "api.h"

#ifndef ASCEND_EMULATOR_OFFICIAL_HEADERS

namespace {

using convnext::AclApi;

template <class Function, class Member>
constexpr bool Same(Function* /*function*/, Member AclApi::* /*member*/) {
  return std::is_same_v<Function*, Member>;
}

static_assert(Same(aclInit, &AclApi::aclInit));
static_assert(Same(aclFinalize, &AclApi::aclFinalize));
static_assert(Same(aclFinalizeReference, &AclApi::aclFinalizeReference));
static_assert(Same(aclGetRecentErrMsg, &AclApi::aclGetRecentErrMsg));
static_assert(Same(aclsysGetCANNVersion, &AclApi::aclsysGetCANNVersion));
static_assert(Same(aclsysGetVersionStr, &AclApi::aclsysGetVersionStr));
static_assert(Same(aclrtGetDeviceCount, &AclApi::aclrtGetDeviceCount));
static_assert(Same(aclrtGetSocName, &AclApi::aclrtGetSocName));
static_assert(Same(aclrtGetRunMode, &AclApi::aclrtGetRunMode));
static_assert(Same(aclrtSetDevice, &AclApi::aclrtSetDevice));
static_assert(Same(aclrtResetDevice, &AclApi::aclrtResetDevice));
static_assert(Same(aclrtCreateContext, &AclApi::aclrtCreateContext));
static_assert(Same(aclrtDestroyContext, &AclApi::aclrtDestroyContext));
static_assert(Same(aclrtSetCurrentContext, &AclApi::aclrtSetCurrentContext));
static_assert(Same(aclrtCreateStream, &AclApi::aclrtCreateStream));
static_assert(Same(aclrtDestroyStream, &AclApi::aclrtDestroyStream));
static_assert(Same(aclrtSynchronizeStreamWithTimeout, &AclApi::aclrtSynchronizeStreamWithTimeout));
static_assert(Same(aclrtCreateEventWithFlag, &AclApi::aclrtCreateEventWithFlag));
static_assert(Same(aclrtDestroyEvent, &AclApi::aclrtDestroyEvent));
static_assert(Same(aclrtRecordEvent, &AclApi::aclrtRecordEvent));
static_assert(Same(aclrtEventElapsedTime, &AclApi::aclrtEventElapsedTime));
static_assert(Same(aclrtMalloc, &AclApi::aclrtMalloc));
static_assert(Same(aclrtFree, &AclApi::aclrtFree));
static_assert(Same(aclrtMallocHost, &AclApi::aclrtMallocHost));
static_assert(Same(aclrtFreeHost, &AclApi::aclrtFreeHost));
static_assert(Same(aclrtMemcpy, &AclApi::aclrtMemcpy));
static_assert(Same(aclrtMemcpyAsync, &AclApi::aclrtMemcpyAsync));
static_assert(Same(aclrtGetMemInfo, &AclApi::aclrtGetMemInfo));
static_assert(Same(aclCreateDataBuffer, &AclApi::aclCreateDataBuffer));
static_assert(Same(aclDestroyDataBuffer, &AclApi::aclDestroyDataBuffer));
static_assert(Same(aclmdlLoadFromFile, &AclApi::aclmdlLoadFromFile));
static_assert(Same(aclmdlCreateConfigHandle, &AclApi::aclmdlCreateConfigHandle));
static_assert(Same(aclmdlDestroyConfigHandle, &AclApi::aclmdlDestroyConfigHandle));
static_assert(Same(aclmdlSetConfigOpt, &AclApi::aclmdlSetConfigOpt));
static_assert(Same(aclmdlSetExternalWeightAddress, &AclApi::aclmdlSetExternalWeightAddress));
static_assert(Same(aclmdlLoadWithConfig, &AclApi::aclmdlLoadWithConfig));
static_assert(Same(aclmdlUnload, &AclApi::aclmdlUnload));
static_assert(Same(aclmdlCreateDesc, &AclApi::aclmdlCreateDesc));
static_assert(Same(aclmdlDestroyDesc, &AclApi::aclmdlDestroyDesc));
static_assert(Same(aclmdlGetDesc, &AclApi::aclmdlGetDesc));
static_assert(Same(aclmdlGetNumInputs, &AclApi::aclmdlGetNumInputs));
static_assert(Same(aclmdlGetNumOutputs, &AclApi::aclmdlGetNumOutputs));
static_assert(Same(aclmdlGetInputSizeByIndex, &AclApi::aclmdlGetInputSizeByIndex));
static_assert(Same(aclmdlGetOutputSizeByIndex, &AclApi::aclmdlGetOutputSizeByIndex));
static_assert(Same(aclmdlGetInputDims, &AclApi::aclmdlGetInputDims));
static_assert(Same(aclmdlGetOutputDims, &AclApi::aclmdlGetOutputDims));
static_assert(Same(aclmdlGetInputNameByIndex, &AclApi::aclmdlGetInputNameByIndex));
static_assert(Same(aclmdlGetInputDataType, &AclApi::aclmdlGetInputDataType));
static_assert(Same(aclmdlGetOutputDataType, &AclApi::aclmdlGetOutputDataType));
static_assert(Same(aclmdlGetDynamicBatch, &AclApi::aclmdlGetDynamicBatch));
static_assert(Same(aclmdlSetDynamicBatchSize, &AclApi::aclmdlSetDynamicBatchSize));
static_assert(Same(aclmdlCreateDataset, &AclApi::aclmdlCreateDataset));
static_assert(Same(aclmdlDestroyDataset, &AclApi::aclmdlDestroyDataset));
static_assert(Same(aclmdlAddDatasetBuffer, &AclApi::aclmdlAddDatasetBuffer));
static_assert(Same(aclmdlExecuteAsync, &AclApi::aclmdlExecuteAsync));

}  // namespace

#endif  // ASCEND_EMULATOR_OFFICIAL_HEADERS
