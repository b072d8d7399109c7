// The doctor's reasons about CANN, the devices, and several causes at once.

#include "doctor_fixture.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(DoctorTest, AllIsWell) {
  const NpuFindings findings = Examine();
  EXPECT_THAT(ReasonCodes(findings), IsEmpty());
  EXPECT_EQ(findings.npu_count, 2);
  EXPECT_EQ(findings.npu_name, "Ascend910B4");
  EXPECT_EQ(findings.driver_version, "24.1.rc1");
  EXPECT_EQ(findings.cann_version, "8.1.RC1");
  EXPECT_THAT(findings.npu_smi.value_or(""), HasSubstr("910B4               | Warning "));
  EXPECT_THAT(ReasonCodes(Examine(WorkingProbe())), IsEmpty());
}

TEST_F(DoctorTest, NothingThere) {
  RemoveDriver();
  Remove("usr");
  const NpuFindings findings = Examine();
  EXPECT_THAT(ReasonCodes(findings), ElementsAre("npu.driver.missing", "npu.cann.missing"));
  EXPECT_FALSE(findings.npu_name || findings.driver_version || findings.cann_version || findings.npu_smi);
  EXPECT_EQ(findings.npu_count, 0);
  EXPECT_THAT(findings.reasons[0].symptom, HasSubstr("no Ascend card on the PCI bus"));
  EXPECT_THAT(findings.reasons[1].symptom,
              HasSubstr("/usr/local/Ascend/cann, /usr/local/Ascend/ascend-toolkit/latest"));
  MakeContainer();
  EXPECT_THAT(Examine().reasons[0].cause, HasSubstr("container"));
  machine_.variables["ASCEND_HOME_PATH"] = "/opt/gone";
  EXPECT_THAT(Examine().reasons[1].symptom, EndsWith("(ASCEND_HOME_PATH is /opt/gone)"));
}

// A probe is not called where there is nothing to load, and is where there is.
TEST_F(DoctorTest, ProbesWhereThereIsHope) {
  int calls = 0;
  const Probe probe = [&calls](const Machine&, const std::optional<CannInstallation>&) {
    ++calls;
    ProbeFacts facts;
    facts.library_error = kNotTried;
    return facts;
  };
  EXPECT_THAT(ExamineNpu(machine_, probe).reasons, IsEmpty());
  EXPECT_EQ(calls, 1);
  Remove(kCann);
  EXPECT_THAT(ReasonCodes(ExamineNpu(machine_, probe)), ElementsAre("npu.cann.missing"));
  EXPECT_EQ(calls, 1);
  machine_.variables["LD_LIBRARY_PATH"] = "/srv/lib:/usr/local/Ascend/driver/lib64/driver";
  Add("srv/lib/libascendcl.so");
  ExamineNpu(machine_, probe);
  EXPECT_EQ(calls, 2);
}

TEST_F(DoctorTest, CannMissing) {
  Remove(kCann);
  const NpuFindings findings = Examine();
  ExpectReason(findings, "npu.cann.missing", "no CANN in /usr/local/Ascend/cann", "install Ascend-cann-toolkit");
  EXPECT_FALSE(findings.cann_version);
}

TEST_F(DoctorTest, NotSourced) {
  const std::string line = "source /usr/local/Ascend/ascend-toolkit/set_env.sh";
  const std::string set = machine_.variables["LD_LIBRARY_PATH"];
  machine_.variables["LD_LIBRARY_PATH"] = "/usr/local/Ascend/driver/lib64/driver";
  ExpectReason(Examine(), "npu.cann.not_sourced", std::string("CANN is in /") + kCann, line);
  ExpectReason(Examine(UnloadedProbe("libgraph.so: cannot open shared object file")), "npu.cann.not_sourced",
               "libgraph.so: cannot open shared object file", line);
  EXPECT_EQ(SingleReason(Examine(UnloadedProbe("libgraph.so: ..."))).advice, line);
  // A loaded library needs no variables.
  EXPECT_THAT(ReasonCodes(Examine(WorkingProbe())), IsEmpty());
  Add("etc/ld.so.conf.d/cann.conf", std::string("# CANN\n/") + kCann + "/lib64\n");
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());
  Remove("etc/ld.so.conf.d");
  Remove("usr/local/Ascend/ascend-toolkit/set_env.sh");
  EXPECT_EQ(SingleReason(Examine()).advice, fmt::format("export LD_LIBRARY_PATH=/{}/lib64:$LD_LIBRARY_PATH", kCann));
}

TEST_F(DoctorTest, HalMissing) {
  machine_.variables["LD_LIBRARY_PATH"] = std::string("/") + kCann + "/lib64";
  const std::string line =
      "export LD_LIBRARY_PATH=/usr/local/Ascend/driver/lib64:/usr/local/Ascend/driver/lib64/common:"
      "/usr/local/Ascend/driver/lib64/driver:$LD_LIBRARY_PATH";
  ExpectReason(Examine(), "npu.cann.hal_missing", "it is in /usr/local/Ascend/driver/lib64/driver", line);
  const std::string error = "libascend_hal.so: cannot open shared object file: No such file or directory";
  ExpectReason(Examine(UnloadedProbe(error)), "npu.cann.hal_missing", error, line);
  Remove("usr/local/Ascend/driver/lib64");
  ExpectReason(Examine(), "npu.cann.hal_missing", "it is not in /usr/local/Ascend/driver/lib64 either",
               "install the Ascend driver again");
  Add("etc/ld.so.conf", "include ld.so.conf.d/*.conf\n/opt/hal\n");
  Add("opt/hal/libascend_hal.so");
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());
}

TEST_F(DoctorTest, StubLibrary) {
  const std::string path = machine_.variables["LD_LIBRARY_PATH"];
  Add(Cann("aarch64-linux/devlib/libascendcl.so"));
  Add(Cann("runtime/lib64/stub/libascend_hal.so"));
  machine_.variables["LD_LIBRARY_PATH"] = fmt::format("{}:/{}/aarch64-linux/devlib", path, kCann);
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());  // behind the real one it does no harm
  machine_.variables["LD_LIBRARY_PATH"] = fmt::format("/{}/aarch64-linux/devlib:{}", kCann, path);
  ExpectReason(Examine(), "npu.cann.stub_library", "finds libascendcl.so in /usr/local/Ascend",
               "latest/aarch64-linux/devlib out of LD_LIBRARY_PATH");
  machine_.variables["LD_LIBRARY_PATH"] = fmt::format("/{}/runtime/lib64/stub:{}", kCann, path);
  ExpectReason(Examine(), "npu.cann.stub_library", "finds libascend_hal.so",
               "runtime/lib64/stub out of LD_LIBRARY_PATH");
  const NpuFindings tried = Examine(FailingProbe("npu.cann.stub_library", "aclInit gave 100039"));
  EXPECT_EQ(SingleReason(tried).code, "npu.cann.stub_library");
  EXPECT_THAT(ReasonCodes(Examine(WorkingProbe())), IsEmpty());
}

TEST_F(DoctorTest, LibraryThatCannotBeLoaded) {
  const std::string error = "libascendcl.so: version `GLIBC_2.38' not found";
  ExpectReason(Examine(UnloadedProbe(error)), "npu.cann.library", error, "uname -m");
}

TEST_F(DoctorTest, DriverMismatch) {
  const std::string path = Cann("runtime/version.info");
  for (const char* met :
       {"7.35.19", "7.35", "\">=4.0, <8\"", "<=7.35.19", ">7.35.18", "", "something", ">=x", ">99999999999999999999"}) {
    Add(path, std::string("required_driver_ascendhal_version=") + met + "\n");
    EXPECT_THAT(ReasonCodes(Examine()), IsEmpty()) << met;
  }
  for (const char* unmet : {"7.36", "7.35.20", "8", "\">=4.0, <7.35\"", "<=7.35.18", ">7.35.19"}) {
    Add(path, std::string("required_driver_ascendhal_version=") + unmet + "\n");
    ExpectReason(Examine(), "npu.cann.driver_mismatch",
                 "/usr/local/Ascend/driver/version.info has ascendhal_version=7.35.19", "driver 24.1.rc1");
    EXPECT_THAT(SingleReason(Examine()).symptom,
                HasSubstr("latest/runtime/version.info has required_driver_ascendhal_version="));
  }
}

TEST_F(DoctorTest, ReleaseMismatch) {
  const std::string cann = Cann("aarch64-linux/ascend_toolkit_install.info");
  const std::string install = "version=9.0.0\ninnerversion=V100R001C26SPC001B212\ncompatible_version=";
  Add(cann, install + "[V100R001C25],[V100R001C26]\n");
  ExpectReason(Examine(), "npu.cann.driver_mismatch", "[V100R001C25],[V100R001C26], the driver is [V100R001C15]",
               "version table of CANN 9.0.0");
  Add(cann, install + "[V100R001C15],[V100R001C26]\n");  // the newer CANN knows the older driver
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());
  Add(cann, install + "[V100R001C26]\n");
  Add(Driver("version.info"),
      "Version=26.0\nInnerversion=V100R001C27B1\ncompatible_version=[V100R001C26],[V100R001C27]\n");
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());  // the newer driver knows the older CANN
  Add(Driver("version.info"), "Version=26.0\nInnerversion=garbage\ncompatible_version=[V100R001C30]\n");
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());  // nothing to compare
}

TEST_F(DoctorTest, VisibleDevices) {
  for (const char* good : {"0", "1", "0,1", "1,0"}) {
    machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = good;
    EXPECT_THAT(ReasonCodes(Examine()), IsEmpty()) << good;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"0, 1", "a space"},     {" 0", "a space"},      {"0,,1", "an empty item"},
      {"0,", "an empty item"}, {"a", "\"a\""},         {"0-1", "\"0-1\""},
      {"0,1,0", "0 twice"},    {"-1", "\"-1\""},       {"2", "devices here are 0 to 1"},
      {"0;1", "\"0;1\""},      {"npu:0", "no number"}, {",", "an empty item"}};
  for (const auto& [list, wrong] : bad) {
    machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = list;
    ExpectReason(Examine(), "npu.visible_devices", wrong, "export ASCEND_RT_VISIBLE_DEVICES=0");
    EXPECT_THAT(SingleReason(Examine()).symptom, HasSubstr(fmt::format("ASCEND_RT_VISIBLE_DEVICES=\"{}\"", list)));
  }
  EXPECT_THAT(ReasonCodes(Examine(WorkingProbe())), IsEmpty());
  machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = std::string(1'000'000, ',');
  EXPECT_EQ(SingleReason(Examine()).code, "npu.visible_devices");
}

// A container may have /dev/davinci6 alone.
TEST_F(DoctorTest, VisibleDevicesOfAContainer) {
  Remove("dev/davinci0");
  Remove("dev/davinci1");
  Add("dev/davinci6");
  machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = "6";
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());
  machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = "7";
  ExpectReason(Examine(), "npu.visible_devices", "7, but the devices here are 0 to 6",
               "unset ASCEND_RT_VISIBLE_DEVICES");
}

TEST_F(DoctorTest, Occupied) {
  AddNpuSmi(
      "DrvMngGetConsoleLogLevel failed. (g_conLogLevel=3)\n"
      "dcmi model initialized failed, because the device is used. ret is -8020\n");
  ExpectReason(Examine(), "npu.device.occupied", "ret is -8020", "/proc/uda/namespace_node");
  const BlockingReason tried =
      SingleReason(Examine(FailingProbe("npu.driver.refused", "aclrtGetDeviceCount gave 507899")));
  EXPECT_EQ(tried.code, "npu.device.occupied");
  EXPECT_THAT(tried.symptom, EndsWith("; when tried: aclrtGetDeviceCount gave 507899"));
}

TEST_F(DoctorTest, Unhealthy) {
  AddNpuSmi(fmt::format(kTable, "Alarm", "OK", 2858));
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());  // the other one is well
  ExpectReason(Examine(FailingProbe("npu.execute", "aclrtSetDevice gave 507015")), "npu.device.unhealthy",
               "health of NPU 0 chip 0 (910B4): Alarm; when tried: aclrtSetDevice", "npu-smi info -t health");
  AddNpuSmi(fmt::format(kTable, "UNKNOWN", "Critical", 2858));
  ExpectReason(Examine(), "npu.device.unhealthy", "NPU 0 chip 0 (910B4): UNKNOWN, NPU 1 chip 0 (910B4): Critical",
               "npu-smi set -t reset");
  EXPECT_THAT(ReasonCodes(Examine(WorkingProbe())), IsEmpty());
}

TEST_F(DoctorTest, MemoryFull) {
  AddNpuSmi(fmt::format(kTable, "OK", "OK", 32768 - 1024));
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());
  AddNpuSmi(fmt::format(kTable, "OK", "OK", 32768 - 1023));
  ExpectReason(Examine(), "npu.device.memory",
               "31745 of 32768 MB used); mindie_llm_back (pid 3277562) on NPU 1: 29014 MB, small (pid 41)",
               "stop one of them");
}

TEST_F(DoctorTest, ProbeOverrulesFiles) {
  RemoveDriver();
  machine_.variables.erase("LD_LIBRARY_PATH");
  ProbeFacts facts = WorkingProbe();
  facts.driver_version = "24.1.rc9";
  const NpuFindings findings = Examine(facts);
  EXPECT_THAT(ReasonCodes(findings), IsEmpty());
  EXPECT_EQ(findings.npu_count, 2);
  EXPECT_EQ(findings.npu_name, "Ascend910B4");
  EXPECT_EQ(findings.driver_version, "24.1.rc9");
}

TEST_F(DoctorTest, ProbeFailuresWithoutCause) {
  ProbeFacts facts = FailingProbe("npu.device.setup", "aclrtSetDevice gave 507033");
  EXPECT_THAT(SingleReason(Examine(facts)),
              (BlockingReason{"npu.device.setup", "aclrtSetDevice gave 507033", "cause", "advice"}));
  facts.failures.push_back(facts.failures[0]);
  EXPECT_EQ(ReasonCodes(Examine(facts)).size(), 1U);
  // The driver has answered, so it is not missing.
  RemoveDriver();
  EXPECT_EQ(SingleReason(Examine(facts)).code, "npu.device.setup");
  facts.device_count.reset();
  const BlockingReason missing = SingleReason(Examine(facts));
  EXPECT_EQ(missing.code, "npu.driver.missing");
  EXPECT_THAT(missing.symptom, EndsWith("when tried: aclrtSetDevice gave 507033"));
  // The library's word about the driver keeps it from being called missing.
  facts.driver_version = "24.1.rc9";
  EXPECT_EQ(SingleReason(Examine(facts)).code, "npu.driver.modules");
}

TEST_F(DoctorTest, ProbeFindsNoDevice) {
  ProbeFacts facts;
  facts.device_count = 0;
  ExpectReason(Examine(facts), "npu.device.none", "counts 0 devices", "npu-smi info");
}

TEST_F(DoctorTest, OldCannStandsForItself) {
  machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = "9";
  ProbeFacts facts = FailingProbe("npu.cann.symbols", "libascendcl.so lacks aclInit");
  facts.device_count.reset();
  EXPECT_THAT(ReasonCodes(Examine(facts)), ElementsAre("npu.visible_devices", "npu.cann.symbols"));
}

TEST_F(DoctorTest, SeveralAtOnce) {
  RemoveDevices();
  Remove(Cann("bin/atc"));
  machine_.variables = {{"PATH", directory_ / "bin"}};
  EXPECT_THAT(ReasonCodes(Examine()), ElementsAre("npu.device.none", "npu.cann.not_sourced", "npu.cann.runtime_only"));
}

TEST_F(DoctorTest, TextsAreSafe) {
  machine_.variables["HOME"] = "/home/ann";
  machine_.variables["ASCEND_HOME_PATH"] = "/home/ann/Ascend/cann";
  machine_.variables["LD_LIBRARY_PATH"] = "/usr/local/Ascend/driver/lib64/driver";
  Add("home/ann/Ascend/cann/version.cfg", "runtime_running_version=[1:8\x1b[31m5]\n");
  Add("home/ann/Ascend/cann/set_env.sh");
  Add("etc/ascend_install.info", "Driver_Install_Path_Param=/usr/local/Ascend\n");
  Add(Driver("version.info"), "Version=24\xff" + std::string(10000, '9') + "\n");
  AddNpuSmi("/home/ann/x\x1b[31m token=abcdef\n");
  const NpuFindings findings = Examine();
  EXPECT_EQ(findings.cann_version, "8\\x1b[31m5");
  EXPECT_LT(findings.driver_version.value_or("").size(), 2100U);
  EXPECT_EQ(findings.npu_smi, "~/x\\x1b[31m token=***");
  ASSERT_THAT(ReasonCodes(findings), ElementsAre("npu.cann.not_sourced", "npu.cann.runtime_only"));
  EXPECT_EQ(findings.reasons[0].advice, "source ~/Ascend/cann/set_env.sh");
}

}  // namespace
}  // namespace convnext
