// The emulator's libascendcl.so: beginning and end, devices, contexts, errors, faults.
// See docs/ascend-facts.md, "AscendCL: start and end" and "AscendCL: devices and contexts".
#include <thread>

#include "paths.h"
#include "runtime_client.h"

namespace ascend_emulator::client {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// In a process of its own: what comes before the first aclInit. Exit code 0 if it is as it should be.
void BeforeInit() {
  uint32_t count = 0, id = 0;
  void* memory = nullptr;
  const bool ok = aclFinalize() == 0 && aclrtSetDevice(0) == 107002 && aclrtGetDeviceCount(&count) == 107002 &&
                  aclrtGetSocName() == nullptr && aclrtMalloc(&memory, 8, ACL_MEM_MALLOC_HUGE_FIRST) == 107002 &&
                  aclmdlLoadFromFile("none.om", &id) == 145001 && Message().find("aclInit") != std::string::npos;
  std::filesystem::remove(std::getenv("ASCEND_EMULATOR_LOG"));  // of this process alone: nobody else will
  std::_Exit(ok ? 0 : 1);
}

TEST_F(EmulatorTest, NothingBeforeInit) {
  if (convnext::kEmulated) GTEST_SKIP() << "without binfmt_misc a test cannot start itself again";
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a new process, without what other tests have done
  EXPECT_EXIT(BeforeInit(), testing::ExitedWithCode(0), "");
  GTEST_FLAG_SET(death_test_style, "fast");
}

TEST_F(EmulatorTest, InitialisationsAreCounted) {
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclInit(nullptr), 100002);
  uint64_t left = 9;
  EXPECT_EQ(aclFinalizeReference(&left), 0);
  EXPECT_EQ(left, 1U);
  EXPECT_EQ(aclFinalizeReference(&left), 0);
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(aclFinalizeReference(&left), 100037);
  EXPECT_EQ(aclFinalize(), 100037);
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclInit(nullptr), 100002);
  EXPECT_EQ(aclFinalize(), 0);  // takes back both
  EXPECT_EQ(aclFinalize(), 100037);
  EXPECT_EQ(aclInit("no_such_file.json"), 100003);
  EXPECT_THAT(LogText(), HasSubstr("aclInit(\"no_such_file.json\") = 100003\n"));
  EXPECT_THAT(Complaints(), IsEmpty());
}

TEST_F(EmulatorTest, DevicesAndVersionsWithoutSetDevice) {
  Set("ASCEND_EMULATOR_SOC", "Ascend310P3-emulator");
  ASSERT_EQ(aclInit(nullptr), 0);
  uint32_t count = 0;
  EXPECT_EQ(aclrtGetDeviceCount(&count), 0);
  EXPECT_EQ(count, 2U);
  EXPECT_STREQ(aclrtGetSocName(), "Ascend310P3-emulator");
  aclCANNPackageVersion version;
  EXPECT_EQ(aclsysGetCANNVersion(ACL_PKG_NAME_CANN, &version), 0);
  EXPECT_STREQ(version.version, "8.1.RC1");
  EXPECT_STREQ(version.majorVersion, "8");
  EXPECT_STREQ(version.minorVersion, "1");
  EXPECT_STREQ(version.releaseVersion, "RC1");
  char package[] = "driver", text[128];
  EXPECT_EQ(aclsysGetVersionStr(package, text), 0);
  EXPECT_STREQ(text, "24.1.rc1-emulator");
  char unknown[] = "no_package";
  EXPECT_NE(aclsysGetVersionStr(unknown, text), 0);
  aclrtRunMode mode = ACL_DEVICE;
  EXPECT_EQ(aclrtGetRunMode(&mode), 0);
  EXPECT_EQ(mode, ACL_HOST);
  EXPECT_EQ(aclFinalize(), 0);
}

struct VisibleCase {
  const char* list;
  uint32_t count;
  aclError code;
};

TEST_F(EmulatorTest, VisibleDevices) {
  Set("ASCEND_EMULATOR_DEVICES", "4");
  for (const VisibleCase& c : {VisibleCase{"1,2", 2, 0},
                               {"3", 1, 0},
                               {"0,x", 1, 0},
                               {"1, 2", 1, 0},
                               {"2,1", 1, 0},
                               {"0,9", 1, 0},
                               {"1,1", 1, 107001},
                               {"", 0, 107001},
                               {"9", 0, 107001}}) {
    Set("ASCEND_RT_VISIBLE_DEVICES", c.list);
    ASSERT_EQ(aclInit(nullptr), 0);
    uint32_t count = 9;
    EXPECT_EQ(aclrtGetDeviceCount(&count), c.code) << c.list;
    EXPECT_EQ(count, c.count) << c.list;
    if (c.code != 0) {
      EXPECT_THAT(Message(), StartsWith("EE2002"));
    }
    EXPECT_EQ(aclrtSetDevice(static_cast<int32_t>(c.count)), 107001) << c.list;
    EXPECT_EQ(aclFinalize(), 0);
  }
}

TEST_F(EmulatorTest, NoDevice) {
  Set("ASCEND_EMULATOR_DEVICES", "0");
  ASSERT_EQ(aclInit(nullptr), 0);
  uint32_t count = 9;
  EXPECT_EQ(aclrtGetDeviceCount(&count), 207004);
  EXPECT_EQ(count, 0U);
  EXPECT_EQ(aclrtGetSocName(), nullptr);
  EXPECT_EQ(aclrtSetDevice(0), 107001);
  EXPECT_EQ(aclFinalize(), 0);
}

TEST_F(EmulatorTest, WithoutSetDeviceThereIsNoContext) {
  ASSERT_EQ(aclInit(nullptr), 0);
  std::thread([] {
    void *memory = nullptr, *stream = nullptr;
    int32_t device = 0;
    EXPECT_EQ(aclrtMalloc(&memory, 8, ACL_MEM_MALLOC_HUGE_FIRST), 107002);
    EXPECT_EQ(aclrtMallocHost(&memory, 8), 107002);
    EXPECT_EQ(aclrtCreateStream(&stream), 107002);
    EXPECT_EQ(aclrtGetDevice(&device), 107002);
    EXPECT_EQ(aclrtSynchronizeDevice(), 107002);
    EXPECT_EQ(aclrtResetDevice(0), 507007);
    EXPECT_EQ(aclrtSetDevice(2), 107001);
    EXPECT_EQ(aclrtSetDevice(-1), 107001);
  }).join();
  EXPECT_EQ(aclFinalize(), 0);
}

TEST_F(DeviceTest, TheDefaultContextIsSharedByThreads) {
  aclrtContext mine = nullptr, other = nullptr;
  EXPECT_EQ(aclrtGetCurrentContext(&mine), 0);
  std::thread([&] {
    EXPECT_EQ(aclrtGetCurrentContext(&other), 107002);
    EXPECT_EQ(aclrtSetDevice(0), 0);
    EXPECT_EQ(aclrtGetCurrentContext(&other), 0);
    EXPECT_EQ(aclrtResetDevice(0), 0);  // one of two
  }).join();
  EXPECT_EQ(mine, other);
  int32_t device = -1;
  EXPECT_EQ(aclrtGetDevice(&device), 0);
  EXPECT_EQ(device, 0);
}

TEST_F(DeviceTest, OnlyMadeContextsAreDestroyed) {
  aclrtContext first = nullptr, made = nullptr, current = nullptr;
  EXPECT_EQ(aclrtGetCurrentContext(&first), 0);
  EXPECT_EQ(aclrtDestroyContext(first), 107002);
  EXPECT_EQ(aclrtCreateContext(&made, 1), 0);
  EXPECT_EQ(aclrtGetCurrentContext(&current), 0);
  EXPECT_EQ(current, made);
  int32_t device = 0;
  EXPECT_EQ(aclrtGetDevice(&device), 0);
  EXPECT_EQ(device, 1);
  EXPECT_EQ(aclrtDestroyContext(made), 0);
  EXPECT_EQ(aclrtGetDevice(&device), 107002);
  EXPECT_EQ(aclrtDestroyContext(made), 507007);
  EXPECT_EQ(aclrtSetCurrentContext(nullptr), 100000);
  EXPECT_EQ(aclrtSetCurrentContext(made), 107002);
  EXPECT_EQ(aclrtCreateContext(&made, 2), 107001);
  EXPECT_EQ(aclrtSetCurrentContext(first), 0);
  ExpectComplaints(ContainsRegex("misuse: context .* freed before.*\n.*misuse: context .* freed before"));
}

TEST_F(DeviceTest, MessagesAreToldOnceWithAContext) {
  EXPECT_EQ(Message(), "");
  EXPECT_EQ(aclrtSetDevice(7), 107001);
  EXPECT_EQ(aclrtFree(nullptr), 100000);
  EXPECT_THAT(Message(), ContainsRegex("^EH0001.*\nEE1001.*device 7"));  // the newest first
  EXPECT_EQ(Message(), "");
  std::thread([] {
    EXPECT_EQ(Message(), "");  // each thread has its own
    EXPECT_EQ(aclrtSetDevice(7), 107001);
    EXPECT_THAT(Message(), HasSubstr("device 7"));
    EXPECT_THAT(Message(), HasSubstr("device 7"));
  }).join();
}

TEST_F(DeviceTest, FaultsOnTheCallsThatAreNamed) {
  Set("ASCEND_EMULATOR_FAULT", "aclrtGetDevice:2:507899;aclrtGetSocName:*:1;aclmdlCreateDesc:1;aclrtMalloc:207001");
  int32_t device = 0;
  EXPECT_EQ(aclrtGetDevice(&device), 0);
  EXPECT_EQ(aclrtGetDevice(&device), 507899);
  EXPECT_THAT(Message(), HasSubstr("EL9999"));
  EXPECT_EQ(aclrtGetDevice(&device), 0);
  EXPECT_EQ(aclrtGetSocName(), nullptr);
  EXPECT_EQ(aclrtGetSocName(), nullptr);
  EXPECT_EQ(aclmdlCreateDesc(), nullptr);
  void* memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 8, ACL_MEM_MALLOC_HUGE_FIRST), 207001);
  EXPECT_THAT(Message(), HasSubstr("EL0004"));
  EXPECT_EQ(aclrtMalloc(&memory, 8, ACL_MEM_MALLOC_HUGE_FIRST), 0);
  Set("ASCEND_EMULATOR_FAULT", "aclrtFree:507899");  // fails, but is freed
  EXPECT_EQ(aclrtFree(memory), 507899);
  Set("ASCEND_EMULATOR_FAULT", "aclInit:100002");  // somebody else has initialised
  EXPECT_EQ(aclInit(nullptr), 100002);
}

TEST_F(EmulatorTest, AFaultThatIsNotUnderstoodEndsTheProcess) {
  Set("ASCEND_EMULATOR_FAULT", "aclInit=7");
  EXPECT_DEATH(aclInit(nullptr), "is not call");
}

TEST_F(EmulatorTest, ForgottenThingsAreReported) {
  ASSERT_EQ(aclInit(nullptr), 0);
  ASSERT_EQ(aclrtSetDevice(1), 0);
  void *memory = nullptr, *host = nullptr, *stream = nullptr, *event = nullptr, *context = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 8, ACL_MEM_MALLOC_HUGE_FIRST), 0);
  EXPECT_EQ(aclrtMallocHost(&host, 8), 0);
  EXPECT_EQ(aclrtCreateStream(&stream), 0);
  EXPECT_EQ(aclrtCreateEvent(&event), 0);
  EXPECT_EQ(aclrtCreateContext(&context, 1), 0);
  aclDataBuffer* buffer = aclCreateDataBuffer(memory, 8);
  EXPECT_EQ(aclFinalize(), 0);
  for (const char* kind : {"2 context", "1 stream", "1 event", "1 device memory", "1 pinned memory", "1 data buffer"})
    EXPECT_THAT(Complaints(), HasSubstr(std::string("EMULATOR: leak ") + kind + " at aclFinalize\n"));
  ASSERT_EQ(aclInit(nullptr), 0);
  ClearLog();
  EXPECT_EQ(aclDestroyDataBuffer(buffer), 0);
  EXPECT_EQ(aclrtFreeHost(host), 0);
  EXPECT_EQ(aclrtDestroyEvent(event), 0);
  EXPECT_EQ(aclrtResetDevice(1), 0);  // ends what is on the device
  for (const char* kind : {"1 context", "1 stream", "1 device memory"})
    EXPECT_THAT(Complaints(), HasSubstr(std::string("EMULATOR: leak ") + kind + " at aclrtResetDevice(1)\n"));
  ClearLog();
  EXPECT_EQ(aclFinalize(), 0);
  EXPECT_THAT(Complaints(), IsEmpty());
}

void LeakEvent() {
  aclrtEvent event = nullptr;
  const bool ok = aclInit(nullptr) == 0 && aclrtSetDevice(0) == 0 && aclrtCreateEvent(&event) == 0;
  std::exit(ok ? 0 : 1);
}

TEST_F(EmulatorTest, ForgottenThingsAreReportedAtTheEndOfTheProcess) {
  EXPECT_EXIT(LeakEvent(), testing::ExitedWithCode(0), "");
  EXPECT_THAT(Complaints(), HasSubstr("EMULATOR: leak 1 event at the end of the process\n"));
}

}  // namespace
}  // namespace ascend_emulator::client
