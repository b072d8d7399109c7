// AscendCL as a client sees it: every function found by name in the library that dlopen gives. In this namespace the
// names are these, so that a test reads like a client.
#pragma once

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "api.h"
#include "paths.h"

namespace ascend_emulator::client {

inline constexpr aclrtMemcpyKind kToDevice = ACL_MEMCPY_HOST_TO_DEVICE, kToHost = ACL_MEMCPY_DEVICE_TO_HOST;

// Only the type of a function is used, never the function that its declaration names.
template <class Function>
Function* Find(const char* name) {
  static void* const library =
      ::dlopen((std::string(convnext::kEmulatorCann) + "/lib64/libascendcl.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const function = library != nullptr ? ::dlsym(library, name) : nullptr;
  if (function != nullptr) return reinterpret_cast<Function*>(function);
  std::fprintf(stderr, "%s\n", ::dlerror());
  std::abort();
}

inline auto* const aclInit = Find<decltype(::aclInit)>("aclInit");
inline auto* const aclFinalize = Find<decltype(::aclFinalize)>("aclFinalize");
inline auto* const aclFinalizeReference = Find<decltype(::aclFinalizeReference)>("aclFinalizeReference");
inline auto* const aclrtGetVersion = Find<decltype(::aclrtGetVersion)>("aclrtGetVersion");
inline auto* const aclsysGetCANNVersion = Find<decltype(::aclsysGetCANNVersion)>("aclsysGetCANNVersion");
inline auto* const aclsysGetVersionStr = Find<decltype(::aclsysGetVersionStr)>("aclsysGetVersionStr");
inline auto* const aclGetRecentErrMsg = Find<decltype(::aclGetRecentErrMsg)>("aclGetRecentErrMsg");
inline auto* const aclrtGetDeviceCount = Find<decltype(::aclrtGetDeviceCount)>("aclrtGetDeviceCount");
inline auto* const aclrtGetSocName = Find<decltype(::aclrtGetSocName)>("aclrtGetSocName");
inline auto* const aclrtGetRunMode = Find<decltype(::aclrtGetRunMode)>("aclrtGetRunMode");
inline auto* const aclrtSetDevice = Find<decltype(::aclrtSetDevice)>("aclrtSetDevice");
inline auto* const aclrtGetDevice = Find<decltype(::aclrtGetDevice)>("aclrtGetDevice");
inline auto* const aclrtResetDevice = Find<decltype(::aclrtResetDevice)>("aclrtResetDevice");
inline auto* const aclrtResetDeviceForce = Find<decltype(::aclrtResetDeviceForce)>("aclrtResetDeviceForce");
inline auto* const aclrtSynchronizeDevice = Find<decltype(::aclrtSynchronizeDevice)>("aclrtSynchronizeDevice");
inline auto* const aclrtCreateContext = Find<decltype(::aclrtCreateContext)>("aclrtCreateContext");
inline auto* const aclrtDestroyContext = Find<decltype(::aclrtDestroyContext)>("aclrtDestroyContext");
inline auto* const aclrtSetCurrentContext = Find<decltype(::aclrtSetCurrentContext)>("aclrtSetCurrentContext");
inline auto* const aclrtGetCurrentContext = Find<decltype(::aclrtGetCurrentContext)>("aclrtGetCurrentContext");
inline auto* const aclrtCreateStream = Find<decltype(::aclrtCreateStream)>("aclrtCreateStream");
inline auto* const aclrtCreateStreamWithConfig =
    Find<decltype(::aclrtCreateStreamWithConfig)>("aclrtCreateStreamWithConfig");
inline auto* const aclrtDestroyStream = Find<decltype(::aclrtDestroyStream)>("aclrtDestroyStream");
inline auto* const aclrtDestroyStreamForce = Find<decltype(::aclrtDestroyStreamForce)>("aclrtDestroyStreamForce");
inline auto* const aclrtSynchronizeStream = Find<decltype(::aclrtSynchronizeStream)>("aclrtSynchronizeStream");
inline auto* const aclrtSynchronizeStreamWithTimeout =
    Find<decltype(::aclrtSynchronizeStreamWithTimeout)>("aclrtSynchronizeStreamWithTimeout");
inline auto* const aclrtStreamQuery = Find<decltype(::aclrtStreamQuery)>("aclrtStreamQuery");
inline auto* const aclrtCreateEvent = Find<decltype(::aclrtCreateEvent)>("aclrtCreateEvent");
inline auto* const aclrtCreateEventWithFlag = Find<decltype(::aclrtCreateEventWithFlag)>("aclrtCreateEventWithFlag");
inline auto* const aclrtDestroyEvent = Find<decltype(::aclrtDestroyEvent)>("aclrtDestroyEvent");
inline auto* const aclrtRecordEvent = Find<decltype(::aclrtRecordEvent)>("aclrtRecordEvent");
inline auto* const aclrtStreamWaitEvent = Find<decltype(::aclrtStreamWaitEvent)>("aclrtStreamWaitEvent");
inline auto* const aclrtSynchronizeEvent = Find<decltype(::aclrtSynchronizeEvent)>("aclrtSynchronizeEvent");
inline auto* const aclrtQueryEvent = Find<decltype(::aclrtQueryEvent)>("aclrtQueryEvent");
inline auto* const aclrtQueryEventStatus = Find<decltype(::aclrtQueryEventStatus)>("aclrtQueryEventStatus");
inline auto* const aclrtEventElapsedTime = Find<decltype(::aclrtEventElapsedTime)>("aclrtEventElapsedTime");
inline auto* const aclrtMalloc = Find<decltype(::aclrtMalloc)>("aclrtMalloc");
inline auto* const aclrtFree = Find<decltype(::aclrtFree)>("aclrtFree");
inline auto* const aclrtMallocHost = Find<decltype(::aclrtMallocHost)>("aclrtMallocHost");
inline auto* const aclrtFreeHost = Find<decltype(::aclrtFreeHost)>("aclrtFreeHost");
inline auto* const aclrtGetMemInfo = Find<decltype(::aclrtGetMemInfo)>("aclrtGetMemInfo");
inline auto* const aclrtMemcpy = Find<decltype(::aclrtMemcpy)>("aclrtMemcpy");
inline auto* const aclrtMemcpyAsync = Find<decltype(::aclrtMemcpyAsync)>("aclrtMemcpyAsync");
inline auto* const aclrtMemset = Find<decltype(::aclrtMemset)>("aclrtMemset");
inline auto* const aclrtMemsetAsync = Find<decltype(::aclrtMemsetAsync)>("aclrtMemsetAsync");
inline auto* const aclCreateDataBuffer = Find<decltype(::aclCreateDataBuffer)>("aclCreateDataBuffer");
inline auto* const aclDestroyDataBuffer = Find<decltype(::aclDestroyDataBuffer)>("aclDestroyDataBuffer");
inline auto* const aclUpdateDataBuffer = Find<decltype(::aclUpdateDataBuffer)>("aclUpdateDataBuffer");
inline auto* const aclGetDataBufferAddr = Find<decltype(::aclGetDataBufferAddr)>("aclGetDataBufferAddr");
inline auto* const aclGetDataBufferSize = Find<decltype(::aclGetDataBufferSize)>("aclGetDataBufferSize");
inline auto* const aclGetDataBufferSizeV2 = Find<decltype(::aclGetDataBufferSizeV2)>("aclGetDataBufferSizeV2");
inline auto* const aclmdlCreateDataset = Find<decltype(::aclmdlCreateDataset)>("aclmdlCreateDataset");
inline auto* const aclmdlDestroyDataset = Find<decltype(::aclmdlDestroyDataset)>("aclmdlDestroyDataset");
inline auto* const aclmdlAddDatasetBuffer = Find<decltype(::aclmdlAddDatasetBuffer)>("aclmdlAddDatasetBuffer");
inline auto* const aclmdlGetDatasetNumBuffers =
    Find<decltype(::aclmdlGetDatasetNumBuffers)>("aclmdlGetDatasetNumBuffers");
inline auto* const aclmdlGetDatasetBuffer = Find<decltype(::aclmdlGetDatasetBuffer)>("aclmdlGetDatasetBuffer");
inline auto* const aclmdlSetDatasetTensorDesc =
    Find<decltype(::aclmdlSetDatasetTensorDesc)>("aclmdlSetDatasetTensorDesc");
inline auto* const aclmdlGetDatasetTensorDesc =
    Find<decltype(::aclmdlGetDatasetTensorDesc)>("aclmdlGetDatasetTensorDesc");
inline auto* const aclDataTypeSize = Find<decltype(::aclDataTypeSize)>("aclDataTypeSize");
inline auto* const aclCreateTensorDesc = Find<decltype(::aclCreateTensorDesc)>("aclCreateTensorDesc");
inline auto* const aclDestroyTensorDesc = Find<decltype(::aclDestroyTensorDesc)>("aclDestroyTensorDesc");
inline auto* const aclGetTensorDescType = Find<decltype(::aclGetTensorDescType)>("aclGetTensorDescType");
inline auto* const aclGetTensorDescFormat = Find<decltype(::aclGetTensorDescFormat)>("aclGetTensorDescFormat");
inline auto* const aclGetTensorDescSize = Find<decltype(::aclGetTensorDescSize)>("aclGetTensorDescSize");
inline auto* const aclGetTensorDescElementCount =
    Find<decltype(::aclGetTensorDescElementCount)>("aclGetTensorDescElementCount");
inline auto* const aclGetTensorDescNumDims = Find<decltype(::aclGetTensorDescNumDims)>("aclGetTensorDescNumDims");
inline auto* const aclGetTensorDescDimV2 = Find<decltype(::aclGetTensorDescDimV2)>("aclGetTensorDescDimV2");
inline auto* const aclSetTensorConst = Find<decltype(::aclSetTensorConst)>("aclSetTensorConst");
inline auto* const aclmdlQuerySize = Find<decltype(::aclmdlQuerySize)>("aclmdlQuerySize");
inline auto* const aclmdlQuerySizeFromMem = Find<decltype(::aclmdlQuerySizeFromMem)>("aclmdlQuerySizeFromMem");
inline auto* const aclmdlLoadFromFile = Find<decltype(::aclmdlLoadFromFile)>("aclmdlLoadFromFile");
inline auto* const aclmdlLoadFromMem = Find<decltype(::aclmdlLoadFromMem)>("aclmdlLoadFromMem");
inline auto* const aclmdlLoadFromFileWithMem = Find<decltype(::aclmdlLoadFromFileWithMem)>("aclmdlLoadFromFileWithMem");
inline auto* const aclmdlLoadFromMemWithMem = Find<decltype(::aclmdlLoadFromMemWithMem)>("aclmdlLoadFromMemWithMem");
inline auto* const aclmdlUnload = Find<decltype(::aclmdlUnload)>("aclmdlUnload");
inline auto* const aclmdlSetDynamicBatchSize = Find<decltype(::aclmdlSetDynamicBatchSize)>("aclmdlSetDynamicBatchSize");
inline auto* const aclmdlExecute = Find<decltype(::aclmdlExecute)>("aclmdlExecute");
inline auto* const aclmdlExecuteAsync = Find<decltype(::aclmdlExecuteAsync)>("aclmdlExecuteAsync");
inline auto* const aclmdlCreateDesc = Find<decltype(::aclmdlCreateDesc)>("aclmdlCreateDesc");
inline auto* const aclmdlDestroyDesc = Find<decltype(::aclmdlDestroyDesc)>("aclmdlDestroyDesc");
inline auto* const aclmdlGetDesc = Find<decltype(::aclmdlGetDesc)>("aclmdlGetDesc");
inline auto* const aclmdlGetDescFromFile = Find<decltype(::aclmdlGetDescFromFile)>("aclmdlGetDescFromFile");
inline auto* const aclmdlGetDescFromMem = Find<decltype(::aclmdlGetDescFromMem)>("aclmdlGetDescFromMem");
inline auto* const aclmdlGetNumInputs = Find<decltype(::aclmdlGetNumInputs)>("aclmdlGetNumInputs");
inline auto* const aclmdlGetNumOutputs = Find<decltype(::aclmdlGetNumOutputs)>("aclmdlGetNumOutputs");
inline auto* const aclmdlGetInputSizeByIndex = Find<decltype(::aclmdlGetInputSizeByIndex)>("aclmdlGetInputSizeByIndex");
inline auto* const aclmdlGetOutputSizeByIndex =
    Find<decltype(::aclmdlGetOutputSizeByIndex)>("aclmdlGetOutputSizeByIndex");
inline auto* const aclmdlGetInputDims = Find<decltype(::aclmdlGetInputDims)>("aclmdlGetInputDims");
inline auto* const aclmdlGetInputDimsV2 = Find<decltype(::aclmdlGetInputDimsV2)>("aclmdlGetInputDimsV2");
inline auto* const aclmdlGetOutputDims = Find<decltype(::aclmdlGetOutputDims)>("aclmdlGetOutputDims");
inline auto* const aclmdlGetCurOutputDims = Find<decltype(::aclmdlGetCurOutputDims)>("aclmdlGetCurOutputDims");
inline auto* const aclmdlGetInputNameByIndex = Find<decltype(::aclmdlGetInputNameByIndex)>("aclmdlGetInputNameByIndex");
inline auto* const aclmdlGetOutputNameByIndex =
    Find<decltype(::aclmdlGetOutputNameByIndex)>("aclmdlGetOutputNameByIndex");
inline auto* const aclmdlGetInputIndexByName = Find<decltype(::aclmdlGetInputIndexByName)>("aclmdlGetInputIndexByName");
inline auto* const aclmdlGetOutputIndexByName =
    Find<decltype(::aclmdlGetOutputIndexByName)>("aclmdlGetOutputIndexByName");
inline auto* const aclmdlGetInputFormat = Find<decltype(::aclmdlGetInputFormat)>("aclmdlGetInputFormat");
inline auto* const aclmdlGetOutputFormat = Find<decltype(::aclmdlGetOutputFormat)>("aclmdlGetOutputFormat");
inline auto* const aclmdlGetInputDataType = Find<decltype(::aclmdlGetInputDataType)>("aclmdlGetInputDataType");
inline auto* const aclmdlGetOutputDataType = Find<decltype(::aclmdlGetOutputDataType)>("aclmdlGetOutputDataType");
inline auto* const aclmdlGetDynamicBatch = Find<decltype(::aclmdlGetDynamicBatch)>("aclmdlGetDynamicBatch");

inline std::string Message() {
  const char* text = aclGetRecentErrMsg();
  return text != nullptr ? text : "";
}

// Its variables, and the log that it writes.
class EmulatorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove(log_);
    Set("ASCEND_EMULATOR_LOG", log_);
    Set("ASCEND_EMULATOR_DEVICES", "2");
    Set("ASCEND_EMULATOR_MEMORY_MB", "64");
  }
  void TearDown() override {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
    std::filesystem::remove(log_);
  }

  void Set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }

  std::string LogText() const {
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // "EMULATOR: ..." alone, in one text.
  std::string Complaints() const {
    std::ifstream file(log_);
    std::string complaints;
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("EMULATOR:")) complaints += line + "\n";
    return complaints;
  }
  void ClearLog() { std::filesystem::resize_file(log_, 0); }

 private:
  const std::string log_ = testing::TempDir() + "ascend-emulator-" + std::to_string(::getpid()) + ".log";
  std::vector<std::string> set_;
};

// Initialised, device 0 set; at the end reset and finalised, with nothing to complain about unless a test says so.
class DeviceTest : public EmulatorTest {
 protected:
  void SetUp() override {
    EmulatorTest::SetUp();
    ASSERT_EQ(aclInit(nullptr), 0);
    ASSERT_EQ(aclrtSetDevice(0), 0);
    Message();  // of an earlier test
  }
  void TearDown() override {
    EXPECT_EQ(aclrtResetDevice(0), 0);
    EXPECT_EQ(aclFinalize(), 0);
    EXPECT_THAT(Complaints(), expected_);
    EmulatorTest::TearDown();
  }
  void ExpectComplaints(const testing::Matcher<std::string>& complaints) { expected_ = complaints; }

 private:
  testing::Matcher<std::string> expected_ = testing::IsEmpty();
};

}  // namespace ascend_emulator::client
