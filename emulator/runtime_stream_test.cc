// Streams and events of the emulator: nothing is finished before it is synchronised.
#include <chrono>
#include <cstring>
#include <thread>

#include "runtime_client.h"

namespace ascend_emulator::client {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

constexpr size_t kSize = 16;

class StreamTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    ASSERT_EQ(aclrtCreateStream(&stream_), 0);
    ASSERT_EQ(aclrtCreateEventWithFlag(&start_, ACL_EVENT_TIME_LINE), 0);
    ASSERT_EQ(aclrtCreateEvent(&end_), 0);
    ASSERT_EQ(aclrtMalloc(&device_, kSize, ACL_MEM_MALLOC_HUGE_FIRST), 0);
    ASSERT_EQ(aclrtMallocHost(&from_, kSize), 0);
    ASSERT_EQ(aclrtMallocHost(&to_, kSize), 0);
    std::memset(from_, 1, kSize);
    std::memset(to_, 0, kSize);
  }
  void TearDown() override {
    EXPECT_EQ(aclrtDestroyStream(stream_), 0);
    EXPECT_EQ(aclrtDestroyEvent(start_), 0);
    EXPECT_EQ(aclrtDestroyEvent(end_), 0);
    EXPECT_EQ(aclrtFree(device_), 0);
    EXPECT_EQ(aclrtFreeHost(from_), 0);
    EXPECT_EQ(aclrtFreeHost(to_), 0);
    DeviceTest::TearDown();
  }

  void CopyThereAndBack() {
    EXPECT_EQ(aclrtMemcpyAsync(device_, kSize, from_, kSize, kToDevice, stream_), 0);
    EXPECT_EQ(aclrtMemcpyAsync(to_, kSize, device_, kSize, kToHost, stream_), 0);
  }
  std::vector<uint8_t> Result() const {
    return {static_cast<const uint8_t*>(to_), static_cast<const uint8_t*>(to_) + kSize};
  }
  // Work of its own thread's stream that ends only when the event is recorded.
  void Block() { EXPECT_EQ(aclrtStreamWaitEvent(stream_, end_), 0); }

  aclrtStream stream_ = nullptr;
  aclrtEvent start_ = nullptr, end_ = nullptr;
  void *device_ = nullptr, *from_ = nullptr, *to_ = nullptr;
};

TEST_F(StreamTest, NothingIsDoneBeforeItIsSynchronised) {
  CopyThereAndBack();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_THAT(Result(), Each(0xA5));
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
  EXPECT_THAT(Result(), Each(1));
}

TEST_F(StreamTest, QueryingGetsItDone) {
  CopyThereAndBack();
  aclrtStreamStatus status = ACL_STREAM_STATUS_COMPLETE;
  EXPECT_EQ(aclrtStreamQuery(stream_, &status), 0);
  EXPECT_EQ(status, ACL_STREAM_STATUS_NOT_READY);
  while (status == ACL_STREAM_STATUS_NOT_READY) EXPECT_EQ(aclrtStreamQuery(stream_, &status), 0);
  EXPECT_THAT(Result(), Each(1));
}

TEST_F(StreamTest, PageableMemoryIsCopiedAtOnce) {
  std::vector<uint8_t> from(kSize, 2), to(kSize);
  EXPECT_EQ(aclrtMemcpyAsync(device_, kSize, from.data(), kSize, kToDevice, stream_), 0);
  EXPECT_EQ(aclrtMemcpyAsync(to.data(), kSize, device_, kSize, kToHost, stream_), 0);
  EXPECT_THAT(to, Each(2));
  EXPECT_EQ(aclrtMemcpyAsync(to_, kSize, from_, kSize, static_cast<aclrtMemcpyKind>(0), stream_), 207000);
}

TEST_F(StreamTest, TheDefaultStreamAndTheDevice) {
  EXPECT_EQ(aclrtMemcpyAsync(device_, kSize, from_, kSize, kToDevice, nullptr), 0);
  EXPECT_EQ(aclrtSynchronizeStream(nullptr), 0);
  EXPECT_EQ(aclrtMemsetAsync(device_, kSize, 3, kSize / 2, stream_), 0);
  EXPECT_EQ(aclrtMemcpyAsync(to_, kSize, device_, kSize, kToHost, stream_), 0);
  EXPECT_EQ(aclrtSynchronizeDevice(), 0);
  EXPECT_EQ(Result()[kSize / 2 - 1], 3);
  EXPECT_EQ(Result()[kSize / 2], 1);
}

TEST_F(StreamTest, ReadingTooEarlyIsAMisuse) {
  uint8_t early[kSize] = {};
  EXPECT_EQ(aclrtMemcpyAsync(device_, kSize, from_, kSize, kToDevice, stream_), 0);
  EXPECT_EQ(aclrtMemcpy(early, kSize, device_, kSize, kToHost), 0);
  EXPECT_THAT(early, Each(0xA5));
  ExpectComplaints(HasSubstr("misuse: aclrtMemcpy: reads what an unfinished aclrtMemcpyAsync writes\n"));
}

TEST_F(StreamTest, MemoryFreedTooEarly) {
  void* memory = nullptr;
  ASSERT_EQ(aclrtMalloc(&memory, kSize, ACL_MEM_MALLOC_HUGE_FIRST), 0);
  EXPECT_EQ(aclrtMemcpyAsync(memory, kSize, from_, kSize, kToDevice, stream_), 0);
  EXPECT_EQ(aclrtRecordEvent(end_, stream_), 0);
  EXPECT_EQ(aclrtFree(memory), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 507013);
  EXPECT_THAT(Message(), HasSubstr("freed before it ran"));
  EXPECT_EQ(aclrtSynchronizeEvent(end_), 507013);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);  // told once
  ExpectComplaints(HasSubstr("in use by unfinished aclrtMemcpyAsync"));
}

TEST_F(StreamTest, OtherContexts) {
  aclrtContext mine = nullptr, other = nullptr;
  EXPECT_EQ(aclrtGetCurrentContext(&mine), 0);
  EXPECT_EQ(aclrtCreateContext(&other, 1), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
  EXPECT_EQ(aclrtRecordEvent(start_, stream_), 107003);
  EXPECT_THAT(Message(), HasSubstr("EE1010"));
  EXPECT_EQ(aclrtMemcpyAsync(device_, kSize, from_, kSize, kToDevice, stream_), 107003);
  EXPECT_EQ(aclrtStreamWaitEvent(stream_, start_), 107003);
  EXPECT_EQ(aclrtDestroyStream(stream_), 107003);
  EXPECT_EQ(aclrtDestroyContext(other), 0);
  EXPECT_EQ(aclrtSetCurrentContext(mine), 0);
}

TEST_F(StreamTest, FreedHandles) {
  aclrtStream stream = nullptr;
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateStream(&stream), 0);
  ASSERT_EQ(aclrtCreateEvent(&event), 0);
  EXPECT_EQ(aclrtDestroyStream(stream), 0);
  EXPECT_EQ(aclrtDestroyEvent(event), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 107017);
  EXPECT_EQ(aclrtRecordEvent(start_, stream), 107017);
  EXPECT_EQ(aclrtDestroyStream(stream), 107017);
  EXPECT_EQ(aclrtRecordEvent(event, stream_), 107017);
  EXPECT_EQ(aclrtSynchronizeEvent(event), 107017);
  EXPECT_EQ(aclrtDestroyEvent(event), 107017);
  ASSERT_EQ(aclrtSetDevice(1), 0);
  ASSERT_EQ(aclrtCreateStream(&stream), 0);
  EXPECT_EQ(aclrtResetDevice(1), 0);
  ASSERT_EQ(aclrtSetDevice(0), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);  // one of two
  EXPECT_EQ(aclrtSynchronizeStream(stream), 107017);
  ExpectComplaints(testing::AllOf(HasSubstr("misuse: stream"), HasSubstr("misuse: event"),
                                  HasSubstr("leak 1 stream at aclrtResetDevice(1)")));
}

TEST_F(StreamTest, TimesOfEvents) {
  float milliseconds = -1;
  EXPECT_EQ(aclrtEventElapsedTime(&milliseconds, start_, end_), 507000);
  EXPECT_EQ(aclrtRecordEvent(start_, stream_), 0);
  CopyThereAndBack();
  EXPECT_EQ(aclrtRecordEvent(end_, stream_), 0);
  EXPECT_EQ(aclrtEventElapsedTime(&milliseconds, start_, end_), 507006);
  aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_COMPLETE;
  EXPECT_EQ(aclrtQueryEventStatus(end_, &status), 0);
  EXPECT_EQ(status, ACL_EVENT_RECORDED_STATUS_NOT_READY);
  EXPECT_EQ(aclrtSynchronizeEvent(end_), 0);
  EXPECT_EQ(aclrtQueryEventStatus(end_, &status), 0);
  EXPECT_EQ(status, ACL_EVENT_RECORDED_STATUS_COMPLETE);
  EXPECT_THAT(Result(), Each(1));
  EXPECT_EQ(aclrtEventElapsedTime(&milliseconds, start_, end_), 0);
  EXPECT_GT(milliseconds, 0);
  EXPECT_EQ(aclrtEventElapsedTime(&milliseconds, end_, start_), 107007);
  EXPECT_EQ(aclrtEventElapsedTime(nullptr, start_, end_), 100000);
}

TEST_F(StreamTest, AnEventWithoutTime) {
  aclrtEvent event = nullptr;
  EXPECT_EQ(aclrtCreateEventWithFlag(&event, 0), 107000);
  ASSERT_EQ(aclrtCreateEventWithFlag(&event, 1), 0);  // ACL_EVENT_SYNC
  EXPECT_EQ(aclrtRecordEvent(event, stream_), 0);
  EXPECT_EQ(aclrtSynchronizeEvent(event), 0);
  float milliseconds = 0;
  EXPECT_EQ(aclrtEventElapsedTime(&milliseconds, event, event), 107000);
  EXPECT_EQ(aclrtDestroyEvent(event), 0);
}

TEST_F(StreamTest, OneStreamWaitsForAnother) {
  aclrtStream other = nullptr;
  ASSERT_EQ(aclrtCreateStream(&other), 0);
  EXPECT_EQ(aclrtMemcpyAsync(device_, kSize, from_, kSize, kToDevice, other), 0);
  EXPECT_EQ(aclrtRecordEvent(end_, other), 0);
  Block();
  EXPECT_EQ(aclrtMemcpyAsync(to_, kSize, device_, kSize, kToHost, stream_), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
  EXPECT_THAT(Result(), Each(1));
  EXPECT_EQ(aclrtDestroyStream(other), 0);
}

TEST_F(StreamTest, ATimeoutLeavesTheWorkQueued) {
  aclrtStream other = nullptr;
  ASSERT_EQ(aclrtCreateStream(&other), 0);
  Block();
  EXPECT_EQ(aclrtMemcpyAsync(to_, kSize, device_, kSize, kToHost, stream_), 0);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 20), 507046);
  EXPECT_THAT(Message(), HasSubstr("20 ms"));
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, -2), 107000);
  EXPECT_EQ(aclrtRecordEvent(end_, other), 0);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, -1), 0);
  EXPECT_EQ(aclrtDestroyStream(other), 0);
}

TEST_F(StreamTest, AStreamIsGivenUp) {
  aclrtStream other = nullptr;
  ASSERT_EQ(aclrtCreateStream(&other), 0);
  EXPECT_EQ(aclrtStreamWaitEvent(other, end_), 0);
  EXPECT_EQ(aclrtMemcpyAsync(device_, kSize, from_, kSize, kToDevice, other), 0);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(other, 20), 507046);
  EXPECT_EQ(aclrtDestroyStreamForce(other), 0);
  EXPECT_EQ(aclrtMemcpyAsync(to_, kSize, device_, kSize, kToHost, stream_), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
  EXPECT_THAT(Result(), Not(Each(1)));
}

// Work behind a synchronisation that fails will not run: the client may free its memory.
TEST_F(StreamTest, AFailedSynchronisationDropsTheWork) {
  Set("ASCEND_EMULATOR_FAULT", "aclrtSynchronizeStream:507015");
  void* memory = nullptr;
  ASSERT_EQ(aclrtMalloc(&memory, kSize, ACL_MEM_MALLOC_HUGE_FIRST), 0);
  EXPECT_EQ(aclrtMemcpyAsync(memory, kSize, from_, kSize, kToDevice, stream_), 0);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 507015);
  EXPECT_EQ(aclrtFree(memory), 0);
  CopyThereAndBack();
  EXPECT_EQ(aclrtSynchronizeStream(stream_), 0);
  EXPECT_THAT(Result(), Each(1));
}

// Each thread with its own context and stream, all at once.
TEST_F(StreamTest, Threads) {
  const auto work = [this](int32_t device) {
    aclrtContext context = nullptr;
    aclrtStream stream = nullptr;
    void *memory = nullptr, *host = nullptr;
    EXPECT_EQ(aclrtCreateContext(&context, device), 0);
    EXPECT_EQ(aclrtCreateStream(&stream), 0);
    EXPECT_EQ(aclrtMalloc(&memory, kSize, ACL_MEM_MALLOC_HUGE_FIRST), 0);
    EXPECT_EQ(aclrtMallocHost(&host, kSize), 0);
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(aclrtMemcpyAsync(memory, kSize, from_, kSize, kToDevice, stream), 0);
      EXPECT_EQ(aclrtMemcpyAsync(host, kSize, memory, kSize, kToHost, stream), 0);
      EXPECT_EQ(aclrtSynchronizeStream(stream), 0);
      EXPECT_EQ(static_cast<const char*>(host)[kSize - 1], 1);
    }
    EXPECT_EQ(aclrtDestroyStream(stream), 0);
    EXPECT_EQ(aclrtFree(memory), 0);
    EXPECT_EQ(aclrtFreeHost(host), 0);
    EXPECT_EQ(aclrtDestroyContext(context), 0);
  };
  std::thread first(work, 0), second(work, 1), third(work, 1);
  first.join();
  second.join();
  third.join();
}

}  // namespace
}  // namespace ascend_emulator::client
