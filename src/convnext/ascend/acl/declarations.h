// AscendCL, the C interface of Huawei's CANN, as far as it is used here: our own declarations. Nothing of CANN is
// needed to build; libascendcl.so is loaded at run time (acl_library.h). Names, types and values are AscendCL's, the
// same from CANN 8.1 to 9.x (tests/acl_headers_test.cc compares them with the official headers of two versions).
//
// Documentation: hiascend.com, "AscendCL API reference". Sizes are in bytes; every function that returns aclError gives
// 0 for success.
#pragma once

#include <cstddef>
#include <cstdint>

// The header test has the official types in their place.
#ifndef CONVNEXT_OFFICIAL_ACL_TYPES

using aclError = int;
using aclrtStream = void*;
using aclrtEvent = void*;
using aclrtContext = void*;

struct aclDataBuffer;       // memory of a device and its size; does not own it
struct aclmdlDataset;       // the buffers of all inputs or outputs; does not own them
struct aclmdlConfigHandle;  // how a model is loaded
struct aclmdlDesc;          // what a loaded model's inputs and outputs are

inline constexpr size_t ACL_MAX_DIM_CNT = 128;
inline constexpr size_t ACL_MAX_TENSOR_NAME_LEN = 128;
inline constexpr size_t ACL_MAX_BATCH_NUM = 128;
inline constexpr size_t ACL_PKG_VERSION_MAX_SIZE = 128;
inline constexpr size_t ACL_PKG_VERSION_PARTS_MAX_SIZE = 64;

// The input of a model with gears (several batch sizes) that takes the batch size.
inline constexpr const char* ACL_DYNAMIC_TENSOR_NAME = "ascend_mbatch_shape_data";

inline constexpr uint32_t ACL_EVENT_TIME_LINE = 8U;

enum aclDataType { ACL_DT_UNDEFINED = -1, ACL_FLOAT = 0, ACL_FLOAT16 = 1, ACL_INT32 = 3, ACL_UINT8 = 4, ACL_INT64 = 9 };

enum aclrtMemMallocPolicy { ACL_MEM_MALLOC_HUGE_FIRST = 0 };

enum aclrtMemcpyKind { ACL_MEMCPY_HOST_TO_DEVICE = 1, ACL_MEMCPY_DEVICE_TO_HOST = 2 };

// ACL_DEVICE: this process runs on the board with the NPU (RC mode), whose memory is the host's.
enum aclrtRunMode { ACL_DEVICE = 0, ACL_HOST = 1 };

// Of a model that is loaded: size_t kLoadFromFile, and a const char*.
enum aclmdlConfigAttr { ACL_MDL_LOAD_TYPE_SIZET = 1, ACL_MDL_PATH_PTR = 2 };

enum aclrtMemAttr { ACL_DDR_MEM = 0, ACL_HBM_MEM = 1 };

enum aclCANNPackageName { ACL_PKG_NAME_CANN = 0, ACL_PKG_NAME_DRIVER = 7 };

struct aclCANNPackageVersion {
  char version[ACL_PKG_VERSION_MAX_SIZE];
  char majorVersion[ACL_PKG_VERSION_PARTS_MAX_SIZE];
  char minorVersion[ACL_PKG_VERSION_PARTS_MAX_SIZE];
  char releaseVersion[ACL_PKG_VERSION_PARTS_MAX_SIZE];
  char patchVersion[ACL_PKG_VERSION_PARTS_MAX_SIZE];
  char reserved[ACL_PKG_VERSION_MAX_SIZE];
};

struct aclmdlIODims {
  char name[ACL_MAX_TENSOR_NAME_LEN];
  size_t dimCount;
  int64_t dims[ACL_MAX_DIM_CNT];
};

struct aclmdlBatch {
  size_t batchCount;  // 0: the model has one batch size
  uint64_t batch[ACL_MAX_BATCH_NUM];
};

#endif  // CONVNEXT_OFFICIAL_ACL_TYPES

namespace convnext {

// The functions, found by name in the library. Those marked optional are missing in some versions: nullptr then.
struct AclApi {
  // Once in a process; a second call gives 100002 and counts.
  aclError (*aclInit)(const char* config_path) = nullptr;
  // Takes back all of them, also those of others in the process; aclFinalizeReference takes back one (optional, since
  // CANN 8.3).
  aclError (*aclFinalize)() = nullptr;
  aclError (*aclFinalizeReference)(uint64_t* reference_count) = nullptr;
  // Why the last call on this thread failed; may be nullptr; valid until the next call.
  const char* (*aclGetRecentErrMsg)() = nullptr;
  // Optional, going away; and what comes in its place ("driver", "runtime"; text of at least 128 bytes).
  aclError (*aclsysGetCANNVersion)(aclCANNPackageName name, aclCANNPackageVersion* version) = nullptr;
  aclError (*aclsysGetVersionStr)(char* package, char* version) = nullptr;

  aclError (*aclrtGetDeviceCount)(uint32_t* count) = nullptr;
  aclError (*aclrtGetRunMode)(aclrtRunMode* mode) = nullptr;
  const char* (*aclrtGetSocName)() = nullptr;  // nullptr if it fails
  aclError (*aclrtSetDevice)(int32_t device) = nullptr;
  aclError (*aclrtResetDevice)(int32_t device) = nullptr;
  aclError (*aclrtCreateContext)(aclrtContext* context, int32_t device) = nullptr;  // becomes the thread's current one
  aclError (*aclrtDestroyContext)(aclrtContext context) = nullptr;
  aclError (*aclrtSetCurrentContext)(aclrtContext context) = nullptr;  // of this thread
  aclError (*aclrtCreateStream)(aclrtStream* stream) = nullptr;
  aclError (*aclrtDestroyStream)(aclrtStream stream) = nullptr;
  aclError (*aclrtSynchronizeStreamWithTimeout)(aclrtStream stream, int32_t milliseconds) = nullptr;
  aclError (*aclrtCreateEventWithFlag)(aclrtEvent* event, uint32_t flag) = nullptr;
  aclError (*aclrtDestroyEvent)(aclrtEvent event) = nullptr;
  aclError (*aclrtRecordEvent)(aclrtEvent event, aclrtStream stream) = nullptr;
  aclError (*aclrtEventElapsedTime)(float* milliseconds, aclrtEvent start, aclrtEvent end) = nullptr;
  aclError (*aclrtMalloc)(void** memory, size_t size, aclrtMemMallocPolicy policy) = nullptr;
  aclError (*aclrtFree)(void* memory) = nullptr;
  aclError (*aclrtMallocHost)(void** memory, size_t size) = nullptr;  // pinned
  aclError (*aclrtFreeHost)(void* memory) = nullptr;
  aclError (*aclrtMemcpyAsync)(void* to, size_t to_size, const void* from, size_t count, aclrtMemcpyKind kind,
                               aclrtStream stream) = nullptr;
  aclError (*aclrtMemcpy)(void* to, size_t to_size, const void* from, size_t count, aclrtMemcpyKind kind) = nullptr;
  aclError (*aclrtGetMemInfo)(aclrtMemAttr attribute, size_t* free, size_t* total) = nullptr;

  aclDataBuffer* (*aclCreateDataBuffer)(void* memory, size_t size) = nullptr;
  aclError (*aclDestroyDataBuffer)(const aclDataBuffer* buffer) = nullptr;

  aclError (*aclmdlLoadFromFile)(const char* path, uint32_t* model) = nullptr;
  // In place of that, since CANN 8.5 (optional: aclmdlSetExternalWeightAddress): with weights that atc put into files
  // of their own, which several models so share. `name`: of the file, without its directory; its content must be in
  // `memory` of the device before the model is loaded, and stay while it is. `size`: a multiple of 32.
  aclmdlConfigHandle* (*aclmdlCreateConfigHandle)() = nullptr;
  aclError (*aclmdlDestroyConfigHandle)(aclmdlConfigHandle* config) = nullptr;
  aclError (*aclmdlSetConfigOpt)(aclmdlConfigHandle* config, aclmdlConfigAttr attribute, const void* value,
                                 size_t size) = nullptr;
  aclError (*aclmdlSetExternalWeightAddress)(aclmdlConfigHandle* config, const char* name, void* memory,
                                             size_t size) = nullptr;
  aclError (*aclmdlLoadWithConfig)(const aclmdlConfigHandle* config, uint32_t* model) = nullptr;
  aclError (*aclmdlUnload)(uint32_t model) = nullptr;
  aclmdlDesc* (*aclmdlCreateDesc)() = nullptr;
  aclError (*aclmdlDestroyDesc)(aclmdlDesc* description) = nullptr;
  aclError (*aclmdlGetDesc)(aclmdlDesc* description, uint32_t model) = nullptr;
  size_t (*aclmdlGetNumInputs)(aclmdlDesc* description) = nullptr;
  size_t (*aclmdlGetNumOutputs)(aclmdlDesc* description) = nullptr;
  size_t (*aclmdlGetInputSizeByIndex)(aclmdlDesc* description, size_t index) = nullptr;   // of the largest gear
  size_t (*aclmdlGetOutputSizeByIndex)(aclmdlDesc* description, size_t index) = nullptr;  // of the largest gear
  aclError (*aclmdlGetInputDims)(const aclmdlDesc* description, size_t index, aclmdlIODims* dims) = nullptr;
  aclError (*aclmdlGetOutputDims)(const aclmdlDesc* description, size_t index, aclmdlIODims* dims) = nullptr;
  const char* (*aclmdlGetInputNameByIndex)(const aclmdlDesc* description, size_t index) = nullptr;
  aclDataType (*aclmdlGetInputDataType)(const aclmdlDesc* description, size_t index) = nullptr;
  aclDataType (*aclmdlGetOutputDataType)(const aclmdlDesc* description, size_t index) = nullptr;
  aclError (*aclmdlGetDynamicBatch)(const aclmdlDesc* description, aclmdlBatch* batch) = nullptr;
  // Copies the batch size to the device; before each run.
  aclError (*aclmdlSetDynamicBatchSize)(uint32_t model, aclmdlDataset* inputs, size_t index, uint64_t batch) = nullptr;
  aclmdlDataset* (*aclmdlCreateDataset)() = nullptr;
  aclError (*aclmdlDestroyDataset)(const aclmdlDataset* dataset) = nullptr;
  aclError (*aclmdlAddDatasetBuffer)(aclmdlDataset* dataset, aclDataBuffer* buffer) = nullptr;  // in the model's order
  aclError (*aclmdlExecuteAsync)(uint32_t model, const aclmdlDataset* inputs, aclmdlDataset* outputs,
                                 aclrtStream stream) = nullptr;
};

}  // namespace convnext
