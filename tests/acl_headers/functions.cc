// Compiled by tests/acl_headers_test.cc, never linked: each function of convnext::AclApi has the official type. The
// official types stand in for ours here; that ours are the same is types.cc's part.
#include <acl/acl.h>

#include <type_traits>

#define CONVNEXT_OFFICIAL_ACL_TYPES
#include "convnext/ascend/acl/declarations.h"

#define SAME_FUNCTION(name) static_assert(std::is_same_v<decltype(convnext::AclApi::name), decltype(&::name)>, #name)

SAME_FUNCTION(aclInit);
SAME_FUNCTION(aclFinalize);
SAME_FUNCTION(aclFinalizeReference);
SAME_FUNCTION(aclGetRecentErrMsg);
SAME_FUNCTION(aclsysGetCANNVersion);
SAME_FUNCTION(aclrtGetDeviceCount);
SAME_FUNCTION(aclrtGetRunMode);
SAME_FUNCTION(aclrtGetSocName);
SAME_FUNCTION(aclrtSetDevice);
SAME_FUNCTION(aclrtResetDevice);
SAME_FUNCTION(aclrtCreateContext);
SAME_FUNCTION(aclrtDestroyContext);
SAME_FUNCTION(aclrtSetCurrentContext);
SAME_FUNCTION(aclrtCreateStream);
SAME_FUNCTION(aclrtDestroyStream);
SAME_FUNCTION(aclrtSynchronizeStreamWithTimeout);
SAME_FUNCTION(aclrtCreateEventWithFlag);
SAME_FUNCTION(aclrtDestroyEvent);
SAME_FUNCTION(aclrtRecordEvent);
SAME_FUNCTION(aclrtEventElapsedTime);
SAME_FUNCTION(aclrtMalloc);
SAME_FUNCTION(aclrtFree);
SAME_FUNCTION(aclrtMallocHost);
SAME_FUNCTION(aclrtFreeHost);
SAME_FUNCTION(aclrtMemcpy);
SAME_FUNCTION(aclrtMemcpyAsync);
SAME_FUNCTION(aclrtGetMemInfo);
SAME_FUNCTION(aclCreateDataBuffer);
SAME_FUNCTION(aclDestroyDataBuffer);
SAME_FUNCTION(aclmdlLoadFromFile);
SAME_FUNCTION(aclmdlCreateConfigHandle);
SAME_FUNCTION(aclmdlDestroyConfigHandle);
SAME_FUNCTION(aclmdlSetConfigOpt);
SAME_FUNCTION(aclmdlLoadWithConfig);
SAME_FUNCTION(aclmdlUnload);
SAME_FUNCTION(aclmdlCreateDesc);
SAME_FUNCTION(aclmdlDestroyDesc);
SAME_FUNCTION(aclmdlGetDesc);
SAME_FUNCTION(aclmdlGetNumInputs);
SAME_FUNCTION(aclmdlGetNumOutputs);
SAME_FUNCTION(aclmdlGetInputSizeByIndex);
SAME_FUNCTION(aclmdlGetOutputSizeByIndex);
SAME_FUNCTION(aclmdlGetInputDims);
SAME_FUNCTION(aclmdlGetOutputDims);
SAME_FUNCTION(aclmdlGetInputNameByIndex);
SAME_FUNCTION(aclmdlGetInputDataType);
SAME_FUNCTION(aclmdlGetOutputDataType);
SAME_FUNCTION(aclmdlGetDynamicBatch);
SAME_FUNCTION(aclmdlSetDynamicBatchSize);
SAME_FUNCTION(aclmdlCreateDataset);
SAME_FUNCTION(aclmdlDestroyDataset);
SAME_FUNCTION(aclmdlAddDatasetBuffer);
SAME_FUNCTION(aclmdlExecuteAsync);

// Since CANN 8.5; the older headers are of a version that lacks it.
#if __has_include(<acl/acl_base_rt.h>)
SAME_FUNCTION(aclmdlSetExternalWeightAddress);
#else
constexpr int aclmdlSetExternalWeightAddress = 0;
static_assert(aclmdlSetExternalWeightAddress == 0);
#endif

// CANN 8.5, before acl_base.h was split, does not have it: the name is free there, or this would not compile.
#if __has_include(<acl/acl_base_rt.h>)
SAME_FUNCTION(aclsysGetVersionStr);
#else
constexpr int aclsysGetVersionStr = 0;
static_assert(aclsysGetVersionStr == 0);
#endif
