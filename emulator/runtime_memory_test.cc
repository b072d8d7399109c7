// Memory of the emulated device: apart from the host's, limited, and never used by mistake without a complaint.
#include <algorithm>
#include <cstdint>

#include "runtime_client.h"

namespace ascend_emulator::client {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::StartsWith;

constexpr aclrtMemMallocPolicy kPolicy = ACL_MEM_MALLOC_HUGE_FIRST;

class MemoryTest : public DeviceTest {
 protected:
  static void* Malloc(size_t size) {
    void* memory = nullptr;
    EXPECT_EQ(aclrtMalloc(&memory, size, kPolicy), 0);
    return memory;
  }
};

TEST_F(MemoryTest, ArgumentsOfMalloc) {
  void* memory = nullptr;
  EXPECT_EQ(aclrtMalloc(nullptr, 8, kPolicy), 100000);
  EXPECT_EQ(aclrtMalloc(&memory, 0, kPolicy), 100000);
  EXPECT_EQ(aclrtMalloc(&memory, SIZE_MAX, kPolicy), 100000);
  EXPECT_EQ(aclrtMallocHost(&memory, 0), 100000);
  ASSERT_EQ(aclrtMalloc(&memory, 1, static_cast<aclrtMemMallocPolicy>(1)), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0U);
  EXPECT_EQ(aclrtFree(memory), 0);
  EXPECT_EQ(aclrtFree(nullptr), 100000);
}

TEST_F(MemoryTest, ADeviceHasALimit) {
  constexpr size_t kMega = size_t{1} << 20;
  size_t free = 0, total = 0;
  EXPECT_EQ(aclrtGetMemInfo(ACL_DDR_MEM, &free, &total), 0);
  EXPECT_EQ(total, 0U);
  EXPECT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free, &total), 0);
  EXPECT_EQ(total, 64 * kMega);
  EXPECT_EQ(free, total);
  void *first = Malloc(40 * kMega), *second = nullptr;
  EXPECT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free, &total), 0);
  EXPECT_EQ(free, 24 * kMega - 32);
  EXPECT_EQ(aclrtMalloc(&second, 24 * kMega, kPolicy), 207001);
  EXPECT_THAT(Message(), StartsWith("EL0004"));
  EXPECT_EQ(aclrtSetDevice(1), 0);  // has its own
  second = Malloc(40 * kMega);
  EXPECT_EQ(aclrtFree(second), 0);
  EXPECT_EQ(aclrtResetDevice(1), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);  // one of two
  EXPECT_EQ(aclrtFree(first), 0);
}

TEST_F(MemoryTest, CopiesThereAndBack) {
  const std::vector<uint8_t> sent = {1, 2, 3, 4};
  std::vector<uint8_t> got(8);
  void* memory = Malloc(8);
  EXPECT_EQ(aclrtMemcpy(got.data(), 8, memory, 8, kToHost), 0);
  EXPECT_THAT(got, Each(0xA5));  // as it comes
  EXPECT_EQ(aclrtMemcpy(memory, 8, sent.data(), 4, kToDevice), 0);
  EXPECT_EQ(aclrtMemset(static_cast<char*>(memory) + 4, 4, 7, 3), 0);
  EXPECT_EQ(aclrtMemcpy(got.data(), 8, memory, 8, kToHost), 0);
  EXPECT_EQ(got, (std::vector<uint8_t>{1, 2, 3, 4, 7, 7, 7, 0xA5}));
  EXPECT_EQ(aclrtFree(memory), 0);
}

TEST_F(MemoryTest, ArgumentsOfMemcpy) {
  char host[8] = {};
  void* memory = Malloc(8);
  EXPECT_EQ(aclrtMemcpy(nullptr, 8, host, 8, kToDevice), 100000);
  EXPECT_EQ(aclrtMemcpy(memory, 8, nullptr, 8, kToDevice), 100000);
  EXPECT_EQ(aclrtMemcpy(memory, 4, host, 8, kToDevice), 107000);
  EXPECT_EQ(aclrtMemcpy(memory, 0, host, 1, kToDevice), 107000);
  EXPECT_EQ(aclrtMemcpy(memory, 8, host, 0, kToDevice), 0);
  EXPECT_EQ(aclrtMemset(memory, 4, 0, 8), 107000);
  EXPECT_EQ(aclrtMemset(nullptr, 4, 0, 4), 100000);
  EXPECT_EQ(aclrtFree(memory), 0);
}

// 99 is no value of the enumeration; C clients may pass it all the same.
// A C program may pass any number.
using Copy = aclError (*)(void*, size_t, const void*, size_t, int);
#ifdef __clang__
__attribute__((no_sanitize("function")))
#endif
aclError
CopyAs(Copy copy, void* memory, const void* host, int kind) {
  return copy(memory, 8, host, 8, kind);
}

TEST_F(MemoryTest, AnUnknownKindOfCopy) {
  const auto copy = reinterpret_cast<Copy>(Find<decltype(::aclrtMemcpy)>("aclrtMemcpy"));
  char host[8] = {};
  void* memory = Malloc(8);
  EXPECT_EQ(CopyAs(copy, memory, host, 99), 100000);
  EXPECT_EQ(CopyAs(copy, memory, host, 4), 0);  // the library finds out
  EXPECT_EQ(aclrtFree(memory), 0);
}

TEST_F(MemoryTest, TheKindMustFit) {
  char host[8] = {};
  void* memory = Malloc(8);
  EXPECT_EQ(aclrtMemcpy(memory, 8, host, 8, kToHost), 107000);
  EXPECT_EQ(aclrtMemcpy(host, 8, memory, 8, kToDevice), 107000);
  EXPECT_EQ(aclrtFree(memory), 0);
  ExpectComplaints(testing::ContainsRegex("kind 2 from host to device\n.*kind 1 from device to host"));
}

TEST_F(MemoryTest, BeyondAnAllocation) {
  char host[16] = {};
  char* memory = static_cast<char*>(Malloc(8));
  EXPECT_EQ(aclrtMemcpy(memory, 16, host, 9, kToDevice), 107000);
  EXPECT_EQ(aclrtMemcpy(memory + 4, 16, host, 5, kToDevice), 107000);
  EXPECT_EQ(aclrtMemcpy(memory + 4, 4, host, 4, kToDevice), 0);
  EXPECT_EQ(aclrtFree(memory + 4), 107000);
  EXPECT_EQ(aclrtFree(memory), 0);
  ExpectComplaints(testing::ContainsRegex("9 bytes from .* are not in live memory\n.*\n.*aclrtFree\\(.*not the start"));
}

TEST_F(MemoryTest, FreedTwiceAndUsedAfterwards) {
  char host[8] = {};
  void* memory = Malloc(8);
  EXPECT_EQ(aclrtFree(memory), 0);
  EXPECT_EQ(aclrtFree(memory), 107000);
  EXPECT_EQ(aclrtMemcpy(host, 8, memory, 8, kToHost), 107000);
  EXPECT_EQ(aclrtFree(host), 107000);
  void* pinned = nullptr;
  ASSERT_EQ(aclrtMallocHost(&pinned, 8), 0);
  EXPECT_EQ(aclrtFree(pinned), 107000);
  EXPECT_EQ(aclrtFreeHost(pinned), 0);
  EXPECT_EQ(aclrtFreeHost(pinned), 107000);
  ExpectComplaints(
      testing::ContainsRegex("freed before.*\n.*not in live memory\n.*not device memory\n.*not device memory\n"
                             ".*not the start of pinned"));
}

TEST_F(MemoryTest, TheHostCannotReachIt) {
  volatile char* memory = static_cast<char*>(Malloc(8));
  EXPECT_DEATH(memory[0] = 1, "");
  EXPECT_EQ(aclrtFree(const_cast<char*>(memory)), 0);
}

TEST_F(MemoryTest, OtherChipsHaveOtherMemory) {
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(aclFinalize(), 0);
  Set("ASCEND_EMULATOR_SOC", "Ascend310P3-emulator");
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  size_t free = 0, total = 1;
  EXPECT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free, &total), 0);
  EXPECT_EQ(total, 0U);
  EXPECT_EQ(aclrtGetMemInfo(ACL_DDR_MEM, &free, &total), 0);
  EXPECT_EQ(total, size_t{64} << 20);
}

TEST_F(MemoryTest, TensorDescriptions) {
  const int64_t dims[] = {2, 3};
  aclTensorDesc* description = aclCreateTensorDesc(ACL_FLOAT, 2, dims, ACL_FORMAT_ND);
  ASSERT_NE(description, nullptr);
  EXPECT_EQ(aclGetTensorDescNumDims(description), 2U);
  EXPECT_EQ(aclGetTensorDescSize(description), 24U);
  EXPECT_EQ(aclGetTensorDescElementCount(description), 6U);
  EXPECT_EQ(aclGetTensorDescType(description), ACL_FLOAT);
  EXPECT_EQ(aclGetTensorDescFormat(description), ACL_FORMAT_ND);
  int64_t dim = 0;
  EXPECT_EQ(aclGetTensorDescDimV2(description, 1, &dim), 0);
  EXPECT_EQ(dim, 3);
  EXPECT_EQ(aclGetTensorDescDimV2(description, 2, &dim), 100000);
  aclDestroyTensorDesc(description);
  aclDestroyTensorDesc(description);
  EXPECT_EQ(aclDataTypeSize(ACL_FLOAT16), 2U);
  EXPECT_EQ(aclDataTypeSize(ACL_INT64), 8U);
  EXPECT_EQ(aclDataTypeSize(ACL_DT_UNDEFINED), 0U);
  ExpectComplaints(HasSubstr("misuse: tensor description"));
}

}  // namespace
}  // namespace ascend_emulator::client
