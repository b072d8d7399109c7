// The functions of AscendCL that the emulator's libascendcl.so has. With the official headers these declarations follow
// the official ones, so that one that differs does not compile.
#pragma once

#include <cstddef>
#include <cstdint>

#include "acl_types.h"

#pragma GCC visibility push(default)

extern "C" {

// init_api.cc
aclError aclInit(const char* config_path);
aclError aclFinalize();
aclError aclFinalizeReference(uint64_t* references);
aclError aclrtGetVersion(int32_t* major, int32_t* minor, int32_t* patch);
aclError aclsysGetCANNVersion(aclCANNPackageName name, aclCANNPackageVersion* version);
aclError aclsysGetVersionStr(char* package, char* version);

// error.cc
const char* aclGetRecentErrMsg();

// device_api.cc
aclError aclrtGetDeviceCount(uint32_t* count);
const char* aclrtGetSocName();
aclError aclrtGetRunMode(aclrtRunMode* mode);
aclError aclrtSetDevice(int32_t device);
aclError aclrtGetDevice(int32_t* device);
aclError aclrtResetDevice(int32_t device);
aclError aclrtResetDeviceForce(int32_t device);
aclError aclrtSynchronizeDevice();

// context_api.cc
aclError aclrtCreateContext(aclrtContext* context, int32_t device);
aclError aclrtDestroyContext(aclrtContext context);
aclError aclrtSetCurrentContext(aclrtContext context);
aclError aclrtGetCurrentContext(aclrtContext* context);

// stream_api.cc
aclError aclrtCreateStream(aclrtStream* stream);
aclError aclrtCreateStreamWithConfig(aclrtStream* stream, uint32_t priority, uint32_t flag);
aclError aclrtDestroyStream(aclrtStream stream);
aclError aclrtDestroyStreamForce(aclrtStream stream);
aclError aclrtSynchronizeStream(aclrtStream stream);
aclError aclrtSynchronizeStreamWithTimeout(aclrtStream stream, int32_t milliseconds);
aclError aclrtStreamQuery(aclrtStream stream, aclrtStreamStatus* status);

// event_api.cc
aclError aclrtCreateEvent(aclrtEvent* event);
aclError aclrtCreateEventWithFlag(aclrtEvent* event, uint32_t flag);
aclError aclrtDestroyEvent(aclrtEvent event);
aclError aclrtRecordEvent(aclrtEvent event, aclrtStream stream);
aclError aclrtStreamWaitEvent(aclrtStream stream, aclrtEvent event);
aclError aclrtSynchronizeEvent(aclrtEvent event);
aclError aclrtQueryEvent(aclrtEvent event, aclrtEventStatus* status);
aclError aclrtQueryEventStatus(aclrtEvent event, aclrtEventRecordedStatus* status);
aclError aclrtEventElapsedTime(float* milliseconds, aclrtEvent start, aclrtEvent end);

// memory_api.cc
aclError aclrtMalloc(void** memory, size_t size, aclrtMemMallocPolicy policy);
aclError aclrtFree(void* memory);
aclError aclrtMallocHost(void** memory, size_t size);
aclError aclrtFreeHost(void* memory);
aclError aclrtGetMemInfo(aclrtMemAttr attribute, size_t* free, size_t* total);

// copy_api.cc
aclError aclrtMemcpy(void* to, size_t to_size, const void* from, size_t count, aclrtMemcpyKind kind);
aclError aclrtMemcpyAsync(void* to, size_t to_size, const void* from, size_t count, aclrtMemcpyKind kind,
                          aclrtStream stream);
aclError aclrtMemset(void* memory, size_t size, int32_t value, size_t count);
aclError aclrtMemsetAsync(void* memory, size_t size, int32_t value, size_t count, aclrtStream stream);

// dataset_api.cc
aclDataBuffer* aclCreateDataBuffer(void* memory, size_t size);
aclError aclDestroyDataBuffer(const aclDataBuffer* buffer);
aclError aclUpdateDataBuffer(aclDataBuffer* buffer, void* memory, size_t size);
void* aclGetDataBufferAddr(const aclDataBuffer* buffer);
uint32_t aclGetDataBufferSize(const aclDataBuffer* buffer);
size_t aclGetDataBufferSizeV2(const aclDataBuffer* buffer);
aclmdlDataset* aclmdlCreateDataset();
aclError aclmdlDestroyDataset(const aclmdlDataset* dataset);
aclError aclmdlAddDatasetBuffer(aclmdlDataset* dataset, aclDataBuffer* buffer);
size_t aclmdlGetDatasetNumBuffers(const aclmdlDataset* dataset);
aclDataBuffer* aclmdlGetDatasetBuffer(const aclmdlDataset* dataset, size_t index);
aclError aclmdlSetDatasetTensorDesc(aclmdlDataset* dataset, aclTensorDesc* description, size_t index);
aclTensorDesc* aclmdlGetDatasetTensorDesc(const aclmdlDataset* dataset, size_t index);

// tensor_api.cc
size_t aclDataTypeSize(aclDataType type);
aclTensorDesc* aclCreateTensorDesc(aclDataType type, int rank, const int64_t* dims, aclFormat format);
void aclDestroyTensorDesc(const aclTensorDesc* description);
aclDataType aclGetTensorDescType(const aclTensorDesc* description);
aclFormat aclGetTensorDescFormat(const aclTensorDesc* description);
size_t aclGetTensorDescSize(const aclTensorDesc* description);
size_t aclGetTensorDescElementCount(const aclTensorDesc* description);
size_t aclGetTensorDescNumDims(const aclTensorDesc* description);
aclError aclGetTensorDescDimV2(const aclTensorDesc* description, size_t index, int64_t* size);
aclError aclSetTensorConst(aclTensorDesc* description, void* data, size_t length);

// model_api.cc
aclError aclmdlQuerySize(const char* path, size_t* work_size, size_t* weight_size);
aclError aclmdlQuerySizeFromMem(const void* model, size_t size, size_t* work_size, size_t* weight_size);
aclError aclmdlLoadFromFile(const char* path, uint32_t* id);
aclError aclmdlLoadFromMem(const void* model, size_t size, uint32_t* id);
aclError aclmdlLoadFromFileWithMem(const char* path, uint32_t* id, void* work, size_t work_size, void* weight,
                                   size_t weight_size);
aclError aclmdlLoadFromMemWithMem(const void* model, size_t size, uint32_t* id, void* work, size_t work_size,
                                  void* weight, size_t weight_size);
aclmdlConfigHandle* aclmdlCreateConfigHandle();
aclError aclmdlDestroyConfigHandle(aclmdlConfigHandle* config);
aclError aclmdlSetConfigOpt(aclmdlConfigHandle* config, aclmdlConfigAttr attribute, const void* value, size_t size);
aclError aclmdlSetExternalWeightAddress(aclmdlConfigHandle* config, const char* name, void* memory, size_t size);
aclError aclmdlLoadWithConfig(const aclmdlConfigHandle* config, uint32_t* id);
aclError aclmdlUnload(uint32_t id);

// execute_api.cc
aclError aclmdlSetDynamicBatchSize(uint32_t id, aclmdlDataset* dataset, size_t index, uint64_t batch);
aclError aclmdlExecute(uint32_t id, const aclmdlDataset* inputs, aclmdlDataset* outputs);
aclError aclmdlExecuteAsync(uint32_t id, const aclmdlDataset* inputs, aclmdlDataset* outputs, aclrtStream stream);

// model_desc_api.cc
aclmdlDesc* aclmdlCreateDesc();
aclError aclmdlDestroyDesc(aclmdlDesc* description);
aclError aclmdlGetDesc(aclmdlDesc* description, uint32_t id);
aclError aclmdlGetDescFromFile(aclmdlDesc* description, const char* path);
aclError aclmdlGetDescFromMem(aclmdlDesc* description, const void* model, size_t size);
size_t aclmdlGetNumInputs(aclmdlDesc* description);
size_t aclmdlGetNumOutputs(aclmdlDesc* description);
size_t aclmdlGetInputSizeByIndex(aclmdlDesc* description, size_t index);
size_t aclmdlGetOutputSizeByIndex(aclmdlDesc* description, size_t index);
aclError aclmdlGetInputDims(const aclmdlDesc* description, size_t index, aclmdlIODims* dims);
aclError aclmdlGetInputDimsV2(const aclmdlDesc* description, size_t index, aclmdlIODims* dims);
aclError aclmdlGetOutputDims(const aclmdlDesc* description, size_t index, aclmdlIODims* dims);
aclError aclmdlGetCurOutputDims(const aclmdlDesc* description, size_t index, aclmdlIODims* dims);
const char* aclmdlGetInputNameByIndex(const aclmdlDesc* description, size_t index);
const char* aclmdlGetOutputNameByIndex(const aclmdlDesc* description, size_t index);
aclError aclmdlGetInputIndexByName(const aclmdlDesc* description, const char* name, size_t* index);
aclError aclmdlGetOutputIndexByName(const aclmdlDesc* description, const char* name, size_t* index);
aclFormat aclmdlGetInputFormat(const aclmdlDesc* description, size_t index);
aclFormat aclmdlGetOutputFormat(const aclmdlDesc* description, size_t index);
aclDataType aclmdlGetInputDataType(const aclmdlDesc* description, size_t index);
aclDataType aclmdlGetOutputDataType(const aclmdlDesc* description, size_t index);
aclError aclmdlGetDynamicBatch(const aclmdlDesc* description, aclmdlBatch* batch);

}  // extern "C"

#pragma GCC visibility pop
