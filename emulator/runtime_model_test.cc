// Models on the emulated device: loading, what they tell, executions with and without gears.
#include <cstring>
#include <thread>

#include "model.h"
#include "onnx_builder.h"
#include "runtime_client.h"

namespace ascend_emulator::client {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr size_t kWidth = 32;  // floats of an image: 128 bytes, so that 64 bytes are half of it

// y = 2 x, for x [1, 32] or with gears [-1, 32].
std::string Om(const std::vector<int64_t>& gears, const std::string& soc = "Ascend910B4-emulator") {
  const int64_t batch = gears.empty() ? 1 : -1;
  OnnxBuilder builder;
  builder.Input("x", {batch, kWidth})
      .Output("y", {batch, kWidth})
      .Floats("two", {1}, {2})
      .Node("Mul", {"x", "two"}, "y");
  CompiledModel model;
  model.soc_version = soc;
  model.precision_mode = "origin";
  model.gears = gears;
  model.onnx = builder.Bytes();
  EXPECT_EQ(Compile(model, {{"x", {batch, kWidth}}}), "");
  return WriteOm(model);
}

// A model, its inputs and outputs in device memory.
class ModelTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    ASSERT_EQ(aclrtCreateStream(&stream_), 0);
    inputs_ = aclmdlCreateDataset();
    outputs_ = aclmdlCreateDataset();
  }
  void TearDown() override {
    EXPECT_EQ(aclrtDestroyStream(stream_), 0);
    for (aclDataBuffer* buffer : buffers_) EXPECT_EQ(aclDestroyDataBuffer(buffer), 0);
    EXPECT_EQ(aclmdlDestroyDataset(inputs_), 0);
    EXPECT_EQ(aclmdlDestroyDataset(outputs_), 0);
    for (void* memory : memory_) EXPECT_EQ(aclrtFree(memory), 0);
    if (id_ != 0) {
      EXPECT_EQ(aclmdlUnload(id_), 0);
    }
    DeviceTest::TearDown();
  }

  void Load(const std::string& om) { ASSERT_EQ(aclmdlLoadFromMem(om.data(), om.size(), &id_), 0) << Message(); }

  aclDataBuffer* Add(aclmdlDataset* dataset, size_t size) {
    void* memory = nullptr;
    EXPECT_EQ(aclrtMalloc(&memory, size, ACL_MEM_MALLOC_HUGE_FIRST), 0);
    memory_.push_back(memory);
    buffers_.push_back(aclCreateDataBuffer(memory, size));
    EXPECT_EQ(aclmdlAddDatasetBuffer(dataset, buffers_.back()), 0);
    return buffers_.back();
  }
  void AddBuffers(size_t batch) {
    Add(inputs_, batch * kWidth * 4);
    Add(outputs_, batch * kWidth * 4);
  }
  void SetInput(const std::vector<float>& values) {
    EXPECT_EQ(aclrtMemcpy(memory_[0], values.size() * 4, values.data(), values.size() * 4, ACL_MEMCPY_HOST_TO_DEVICE),
              0);
  }
  std::vector<float> Output(size_t count) {
    std::vector<float> values(count);
    EXPECT_EQ(aclrtMemcpy(values.data(), count * 4, memory_[1], count * 4, ACL_MEMCPY_DEVICE_TO_HOST), 0);
    return values;
  }

  uint32_t id_ = 0;
  aclrtStream stream_ = nullptr;
  aclmdlDataset *inputs_ = nullptr, *outputs_ = nullptr;
  std::vector<aclDataBuffer*> buffers_;
  std::vector<void*> memory_;
};

TEST_F(ModelTest, Loading) {
  const std::string om = Om({}), foreign = Om({}, "Ascend310P3");
  const std::string path = testing::TempDir() + "emulator-model.om";
  std::ofstream(path, std::ios::binary) << om;
  EXPECT_EQ(aclmdlLoadFromFile(path.c_str(), &id_), 0);
  uint32_t other = 0;
  EXPECT_EQ(aclmdlLoadFromFile("no_such_file.om", &other), 145002);
  EXPECT_EQ(aclmdlLoadFromFile(testing::TempDir().c_str(), &other), 145002);
  EXPECT_EQ(aclmdlLoadFromFile(nullptr, &other), 100000);
  EXPECT_EQ(aclmdlLoadFromMem(om.data(), om.size() - 1, &other), 145006);
  EXPECT_EQ(aclmdlLoadFromMem(om.data(), 100, &other), 145006);
  EXPECT_EQ(aclmdlLoadFromMem(("XXXX" + om.substr(4)).data(), om.size(), &other), 500002);
  EXPECT_EQ(aclmdlLoadFromMem(foreign.data(), foreign.size(), &other), 500002);
  EXPECT_THAT(Message(), AllOf(StartsWith("E10001"), HasSubstr("soc_version")));
  EXPECT_EQ(aclmdlUnload(id_ + 1), 145003);
  std::filesystem::remove(path);
}

TEST_F(ModelTest, MemoryOfAModel) {
  const std::string om = Om({});
  size_t work_size = 0, weight_size = 0, free = 0, left = 0, total = 0;
  EXPECT_EQ(aclmdlQuerySizeFromMem(om.data(), om.size(), &work_size, &weight_size), 0);
  EXPECT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free, &total), 0);
  Load(om);
  EXPECT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &left, &total), 0);
  EXPECT_EQ(free - left, work_size + weight_size);
  void* memory = nullptr;
  ASSERT_EQ(aclrtMalloc(&memory, left - work_size, ACL_MEM_MALLOC_HUGE_FIRST), 0);
  uint32_t other = 0;
  EXPECT_EQ(aclmdlLoadFromMem(om.data(), om.size(), &other), 245000);
  EXPECT_EQ(aclmdlLoadFromMemWithMem(om.data(), om.size(), &other, memory, work_size - 1, nullptr, 0), 145000);
  EXPECT_EQ(aclmdlLoadFromMemWithMem(om.data(), om.size(), &other, memory, work_size, nullptr, 0), 0);
  EXPECT_EQ(aclrtFree(memory), 0);  // too early
  EXPECT_EQ(aclmdlUnload(other), 0);
  ExpectComplaints(HasSubstr("in use by model"));
}

TEST_F(ModelTest, Description) {
  Load(Om({}));
  aclmdlDesc* description = aclmdlCreateDesc();
  EXPECT_EQ(aclmdlGetDesc(description, id_ + 1), 145003);
  ASSERT_EQ(aclmdlGetDesc(description, id_), 0);
  EXPECT_EQ(aclmdlGetNumInputs(description), 1U);
  EXPECT_EQ(aclmdlGetNumOutputs(description), 1U);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(description, 0), kWidth * 4);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(description, 1), 0U);
  EXPECT_STREQ(aclmdlGetInputNameByIndex(description, 0), "x");
  EXPECT_EQ(aclmdlGetInputDataType(description, 0), ACL_FLOAT);
  EXPECT_EQ(aclmdlGetInputFormat(description, 0), ACL_FORMAT_ND);
  aclmdlIODims dims;
  EXPECT_EQ(aclmdlGetOutputDims(description, 0, &dims), 0);
  EXPECT_EQ(dims.dimCount, 2U);
  EXPECT_EQ(dims.dims[1], static_cast<int64_t>(kWidth));
  EXPECT_EQ(aclmdlGetOutputDims(description, 1, &dims), 100000);
  size_t index = 9;
  EXPECT_EQ(aclmdlGetInputIndexByName(description, ACL_DYNAMIC_TENSOR_NAME, &index), 100000);
  aclmdlBatch batch;
  EXPECT_EQ(aclmdlGetDynamicBatch(description, &batch), 0);
  EXPECT_EQ(batch.batchCount, 0U);
  EXPECT_EQ(aclmdlDestroyDesc(description), 0);
  EXPECT_EQ(aclmdlDestroyDesc(description), 100000);
  EXPECT_EQ(aclmdlGetNumInputs(description), 0U);
  ExpectComplaints(HasSubstr("misuse: model description"));
}

TEST_F(ModelTest, ExecutionWaitsForTheStream) {
  Load(Om({}));
  AddBuffers(1);
  SetInput(std::vector<float>(kWidth, 3));
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 0);
  EXPECT_NE(Output(1)[0], 6);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
  EXPECT_EQ(Output(kWidth), std::vector<float>(kWidth, 6));
  SetInput(std::vector<float>(kWidth, 4));
  EXPECT_EQ(aclmdlExecute(id_, inputs_, outputs_), 0);
  EXPECT_EQ(Output(kWidth), std::vector<float>(kWidth, 8));
  ExpectComplaints(HasSubstr("reads what an unfinished execution of a model writes"));
}

TEST_F(ModelTest, BuffersThatDoNotFit) {
  Load(Om({}));
  EXPECT_EQ(aclmdlExecute(id_, nullptr, outputs_), 100000);
  EXPECT_EQ(aclmdlExecute(id_, inputs_, outputs_), 145000);  // too few
  AddBuffers(1);
  EXPECT_EQ(aclUpdateDataBuffer(buffers_[0], memory_[0], kWidth * 4 - 65), 0);
  EXPECT_EQ(aclmdlExecute(id_, inputs_, outputs_), 145000);
  EXPECT_THAT(Message(),
              AllOf(StartsWith("E13025"), HasSubstr("plus the aligned 64 bytes is less than the tensor size")));
  EXPECT_EQ(aclUpdateDataBuffer(buffers_[0], memory_[0], kWidth * 4 - 64), 0);
  EXPECT_EQ(aclmdlExecute(id_, inputs_, outputs_), 0);
  EXPECT_EQ(aclUpdateDataBuffer(buffers_[0], nullptr, kWidth * 4), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 100000);
  std::vector<float> host(kWidth);
  EXPECT_EQ(aclUpdateDataBuffer(buffers_[0], host.data(), kWidth * 4), 0);
  EXPECT_EQ(aclmdlExecute(id_, inputs_, outputs_), 145000);
  ExpectComplaints(HasSubstr("x is not in device memory"));
}

TEST_F(ModelTest, AnOutputWithoutMemoryGetsSome) {
  Load(Om({}));
  AddBuffers(1);
  EXPECT_EQ(aclUpdateDataBuffer(buffers_[1], nullptr, 0), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 100000);
  EXPECT_EQ(aclmdlExecute(id_, inputs_, outputs_), 0);
  EXPECT_EQ(aclGetDataBufferSizeV2(buffers_[1]), kWidth * 4);
  EXPECT_EQ(aclrtFree(aclGetDataBufferAddr(buffers_[1])), 0);
}

TEST_F(ModelTest, Gears) {
  Load(Om({1, 4}));
  aclmdlDesc* description = aclmdlCreateDesc();
  ASSERT_EQ(aclmdlGetDesc(description, id_), 0);
  size_t index = 0;
  ASSERT_EQ(aclmdlGetInputIndexByName(description, ACL_DYNAMIC_TENSOR_NAME, &index), 0);
  EXPECT_EQ(index, 1U);
  aclmdlBatch gears;
  EXPECT_EQ(aclmdlGetDynamicBatch(description, &gears), 0);
  ASSERT_EQ(gears.batchCount, 2U);
  EXPECT_EQ(gears.batch[1], 4U);
  aclmdlIODims dims;
  EXPECT_EQ(aclmdlGetInputDims(description, 0, &dims), 0);
  EXPECT_EQ(dims.dims[0], -1);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(description, 0), 4 * kWidth * 4);  // of the largest
  AddBuffers(4);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, inputs_, index, 4), 100000);  // no buffer yet
  aclDataBuffer* gear = Add(inputs_, aclmdlGetInputSizeByIndex(description, index));
  SetInput(std::vector<float>(4 * kWidth, 1.5F));
  EXPECT_EQ(aclmdlExecute(id_, inputs_, outputs_), 145000);  // no batch yet
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, inputs_, index, 3), 145013);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, inputs_, index, 0), 100000);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, inputs_, 0, 4), 100000);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, nullptr, index, 4), 100000);
  EXPECT_EQ(aclUpdateDataBuffer(gear, aclGetDataBufferAddr(gear), 3), 0);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, inputs_, index, 4), 145012);
  EXPECT_EQ(aclUpdateDataBuffer(gear, aclGetDataBufferAddr(gear), 8), 0);
  for (const uint64_t batch : {4U, 1U}) {
    EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, inputs_, index, batch), 0);
    EXPECT_EQ(aclmdlGetCurOutputDims(description, 0, &dims), 0);
    EXPECT_EQ(dims.dims[0], static_cast<int64_t>(batch));
    EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 0);
    EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
    EXPECT_EQ(Output(batch * kWidth), std::vector<float>(batch * kWidth, 3));
  }
  EXPECT_EQ(aclmdlDestroyDesc(description), 0);
}

// The batch of a queued execution is replaced before the device has read it.
TEST_F(ModelTest, TheBatchChangesTooEarly) {
  Load(Om({1, 4}));
  AddBuffers(4);
  Add(inputs_, 8);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, inputs_, 1, 4), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 0);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, inputs_, 1, 1), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 145013);
  ExpectComplaints(HasSubstr("overwrites what an unfinished execution of a model uses"));
}

TEST_F(ModelTest, OneModelForTwoAtOnce) {
  Load(Om({}));
  AddBuffers(1);
  aclrtStream other = nullptr;
  aclrtContext context = nullptr;
  ASSERT_EQ(aclrtCreateStream(&other), 0);
  ASSERT_EQ(aclrtGetCurrentContext(&context), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 0);  // one after the other
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, other), 500002);
  std::thread([&] {
    EXPECT_EQ(aclrtSetCurrentContext(context), 0);
    EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 500002);
  }).join();
  EXPECT_EQ(aclmdlUnload(id_), 545009);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, other), 0);
  EXPECT_EQ(aclrtDestroyStream(other), 0);  // which finishes it
  ExpectComplaints(AllOf(HasSubstr("by two threads or streams at once"), HasSubstr("unloaded while it is executed")));
}

class HeldExecutionTest : public ModelTest {
 protected:
  void SetUp() override {
    Set("ASCEND_EMULATOR_HELD_EXECUTIONS", "1");
    ModelTest::SetUp();
  }
};

TEST_F(HeldExecutionTest, EndsAfterACopyOfAnotherStream) {
  Load(Om({}));
  AddBuffers(1);
  SetInput(std::vector<float>(kWidth, 1));
  aclrtStream other = nullptr;
  void *device = nullptr, *host = nullptr;
  ASSERT_EQ(aclrtCreateStream(&other), 0);
  ASSERT_EQ(aclrtMalloc(&device, kWidth, ACL_MEM_MALLOC_HUGE_FIRST), 0);
  ASSERT_EQ(aclrtMallocHost(&host, kWidth), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 0);
  EXPECT_EQ(aclrtMemcpyAsync(device, kWidth, host, kWidth, kToDevice, other), 0);
  std::thread thread([&] {
    EXPECT_EQ(aclrtSetDevice(0), 0);
    EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
    EXPECT_EQ(aclrtResetDevice(0), 0);
  });
  while (LogText().find("device: begin execution") == std::string::npos) std::this_thread::yield();
  EXPECT_EQ(aclrtSynchronizeStream(other), 0);
  thread.join();
  const std::string log = LogText();
  EXPECT_LT(log.find("device: begin execution of model"), log.find("device: begin copy in 0x"));
  EXPECT_LT(log.find("device: end copy"), log.find("device: end execution"));
  EXPECT_THAT(Output(kWidth), testing::Each(2));
  EXPECT_EQ(aclrtDestroyStream(other), 0);
  EXPECT_EQ(aclrtFree(device), 0);
  EXPECT_EQ(aclrtFreeHost(host), 0);
}

TEST_F(ModelTest, OtherContexts) {
  Load(Om({}));
  AddBuffers(1);
  aclrtContext mine = nullptr, other = nullptr;
  aclrtStream stream = nullptr;
  ASSERT_EQ(aclrtGetCurrentContext(&mine), 0);
  ASSERT_EQ(aclrtCreateContext(&other, 0), 0);
  ASSERT_EQ(aclrtCreateStream(&stream), 0);
  EXPECT_EQ(aclmdlExecute(id_, inputs_, outputs_), 107004);
  EXPECT_EQ(aclmdlUnload(id_), 107004);
  EXPECT_EQ(aclrtSetCurrentContext(mine), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream), 107003);
  EXPECT_EQ(aclrtSetCurrentContext(other), 0);
  EXPECT_EQ(aclrtDestroyStream(stream), 0);
  EXPECT_EQ(aclrtDestroyContext(other), 0);
  EXPECT_EQ(aclrtSetCurrentContext(mine), 0);
}

TEST_F(ModelTest, HandlesDestroyedTwice) {
  aclmdlDataset* dataset = aclmdlCreateDataset();
  aclDataBuffer* buffer = aclCreateDataBuffer(nullptr, 0);
  EXPECT_EQ(aclmdlAddDatasetBuffer(dataset, buffer), 0);
  EXPECT_EQ(aclmdlGetDatasetNumBuffers(dataset), 1U);
  EXPECT_EQ(aclmdlGetDatasetBuffer(dataset, 0), buffer);
  EXPECT_EQ(aclmdlGetDatasetBuffer(dataset, 1), nullptr);
  EXPECT_EQ(aclmdlGetDatasetTensorDesc(dataset, 0), nullptr);
  EXPECT_EQ(aclmdlAddDatasetBuffer(dataset, nullptr), 100000);
  EXPECT_EQ(aclDestroyDataBuffer(buffer), 0);
  EXPECT_EQ(aclDestroyDataBuffer(buffer), 100000);
  EXPECT_EQ(aclDestroyDataBuffer(nullptr), 100000);
  EXPECT_EQ(aclmdlDestroyDataset(dataset), 0);
  EXPECT_EQ(aclmdlDestroyDataset(dataset), 100000);
  ExpectComplaints(AllOf(HasSubstr("misuse: data buffer"), HasSubstr("misuse: dataset")));
}

TEST_F(ModelTest, AFailedExecutionIsToldByTheSynchronisation) {
  Load(Om({}));
  AddBuffers(1);
  Set("ASCEND_EMULATOR_FAULT", "aclrtSynchronizeStreamWithTimeout:507011;aclmdlExecuteAsync:2:507900");
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 0);
  EXPECT_EQ(aclmdlExecuteAsync(id_, inputs_, outputs_, stream_), 507900);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 1000), 507011);
  EXPECT_THAT(Message(), HasSubstr("execution failed"));
  EXPECT_EQ(aclmdlUnload(id_), 0);  // nothing is left of it
  id_ = 0;
}

}  // namespace
}  // namespace ascend_emulator::client
