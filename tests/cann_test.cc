// CANN found on machines put together in a directory.
#include "convnext/ascend/host/cann.h"

#include <sys/utsname.h>

#include "fake_machine.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Cann : public FakeMachine {
 protected:
  // "aarch64-linux" or "x86_64-linux": that of the machine that runs this.
  static std::string Host() {
    utsname names{};
    ::uname(&names);
    return std::string(names.machine) + "-linux";
  }
  CannInstallation Found() const {
    const auto cann = FindCann(machine_);
    EXPECT_TRUE(cann);
    return cann.value_or(CannInstallation{});
  }
};

constexpr const char* kRoot = "/usr/local/Ascend/ascend-toolkit/latest";

TEST_F(Cann, RootsInOrder) {
  EXPECT_THAT(CannRoots(machine_), ElementsAre("/usr/local/Ascend/cann", kRoot, "/usr/local/Ascend/nnae/latest",
                                               "/usr/local/Ascend/nnrt/latest"));
  machine_.variables = {{"ASCEND_TOOLKIT_HOME", "/opt/b"}, {"ASCEND_HOME_PATH", "/opt/a/"}, {"HOME", "/home/bob"}};
  EXPECT_THAT(CannRoots(machine_), ElementsAre("/opt/a", "/opt/b", "/usr/local/Ascend/cann", kRoot,
                                               "/home/bob/Ascend/cann", "/home/bob/Ascend/ascend-toolkit/latest",
                                               "/usr/local/Ascend/nnae/latest", "/usr/local/Ascend/nnrt/latest"));
  machine_.variables = {{"ASCEND_HOME_PATH", kRoot}, {"ASCEND_TOOLKIT_HOME", kRoot}};
  EXPECT_EQ(CannRoots(machine_).size(), 4U);  // each once
}

// A program must set these to do without set_env.sh: none where it was sourced, where there is no CANN or no device.
TEST_F(Cann, MissingVariables) {
  Add("usr/local/Ascend/cann/lib64/libascendcl.so");
  Add("usr/local/Ascend/cann/version.cfg", "runtime_running_version=[7.7.0.1.238:8.1.RC1]\n");
  EXPECT_THAT(MissingCannVariables(machine_), IsEmpty());
  Add("dev/davinci0");
  const auto variables = MissingCannVariables(machine_);
  EXPECT_EQ(variables.at("ASCEND_OPP_PATH"), "/usr/local/Ascend/cann/opp");
  EXPECT_THAT(variables.at("LD_LIBRARY_PATH"), HasSubstr("/usr/local/Ascend/cann/lib64"));
  machine_.variables["ASCEND_OPP_PATH"] = "/usr/local/Ascend/cann/opp";
  EXPECT_THAT(MissingCannVariables(machine_), IsEmpty());
  machine_.variables.clear();
  Remove("usr/local/Ascend/cann");
  EXPECT_THAT(MissingCannVariables(machine_), IsEmpty());
}

TEST_F(Cann, AnEmptyDirectoryIsNone) {
  EXPECT_FALSE(FindCann(machine_));
  std::filesystem::create_directories(directory_ / "usr/local/Ascend/cann");
  EXPECT_FALSE(FindCann(machine_));
  Add("usr/local/Ascend/nnrt/latest/lib64/libascendcl.so");
  const CannInstallation cann = Found();
  EXPECT_EQ(cann.root, "/usr/local/Ascend/nnrt/latest");
  EXPECT_FALSE(cann.version || cann.opp_version || cann.atc || cann.set_env);
}

// The files of CANN 8.1: docs/ascend-facts.md, "Host: version files".
TEST_F(Cann, Toolkit) {
  const std::string root = &kRoot[1];
  Add(root + "/aarch64-linux/ascend_toolkit_install.info",
      "package_name=Ascend-cann-toolkit\nversion=8.1.RC1\ninnerversion=V100R001C21SPC001B238\n");
  Add(root + "/opp/version.info", "Version=7.7.0.1.238\nversion_dir=8.1.RC1\n");
  Add("usr/local/Ascend/ascend-toolkit/set_env.sh");
  AddProgram(root + "/bin/atc", "exit 0\n");
  const CannInstallation cann = Found();
  EXPECT_EQ(cann.root, kRoot);
  EXPECT_EQ(cann.version, "8.1.RC1");
  EXPECT_EQ(cann.opp_version, "7.7.0.1.238");
  EXPECT_EQ(cann.atc, std::string(kRoot) + "/bin/atc");
  EXPECT_EQ(cann.set_env, "/usr/local/Ascend/ascend-toolkit/set_env.sh");
}

// As from 8.5 on.
TEST_F(Cann, NewLayout) {
  Add("usr/local/Ascend/cann/share/info/runtime/version.info", "Version=8.5.1\n");
  Add("usr/local/Ascend/cann/share/info/opp/version.info", "Version=\"8.5.1.2\"\n");
  Add("usr/local/Ascend/cann/set_env.sh");
  AddProgram("usr/local/Ascend/cann/" + Host() + "/bin/atc", "exit 0\n");
  const CannInstallation cann = Found();
  EXPECT_EQ(cann.version, "8.5.1");
  EXPECT_EQ(cann.opp_version, "8.5.1.2");
  EXPECT_EQ(cann.atc, "/usr/local/Ascend/cann/" + Host() + "/bin/atc");
  EXPECT_EQ(cann.set_env, "/usr/local/Ascend/cann/set_env.sh");
}

TEST_F(Cann, VersionsInVersionCfg) {
  machine_.variables = {{"ASCEND_HOME_PATH", "/opt/cann"}};
  Add("opt/cann/version.cfg",
      "# version: 1.0\nruntime_running_version=[7.7.0.1.238:8.2.RC1]\nopp_running_version=[7.7.0.1.239:8.2.RC1]\n");
  EXPECT_EQ(Found().version, "8.2.RC1");
  EXPECT_EQ(Found().opp_version, "7.7.0.1.239");
  for (const char* broken : {"]8:[", "8.2", "[8.2]", ":", "[:]", "[", ""}) {
    Add("opt/cann/version.cfg", fmt::format("runtime_running_version={0}\nopp_running_version={0}\n", broken));
    EXPECT_FALSE(Found().version || Found().opp_version) << broken;
  }
}

TEST_F(Cann, AtcOnThePathOnly) {
  Add("usr/local/Ascend/cann/lib64/libascendcl.so");
  Add("usr/local/Ascend/cann/bin/atc", "no program");
  machine_.variables = {{"PATH", "/nowhere:" + (directory_ / "opt/bin")}};
  EXPECT_FALSE(Found().atc);
  AddProgram("opt/bin/atc", "exit 0\n");
  EXPECT_EQ(Found().atc, "/opt/bin/atc");
}

TEST_F(Cann, Environment) {
  std::filesystem::create_directories(directory_ / ("opt/cann/" + Host()));
  std::filesystem::create_directories(directory_ / "opt/other/opp");
  machine_.variables = {{"ASCEND_HOME_PATH", "/opt/cann"},
                        {"ASCEND_TOOLKIT_HOME", "/opt/gone"},
                        {"ASCEND_OPP_PATH", "/opt/other/opp"},
                        {"PATH", "/usr/bin:/opt/cann/bin:/bin"}};
  auto variables = CannEnvironment(machine_, Found());
  EXPECT_EQ(variables["ASCEND_HOME_PATH"], "/opt/cann");
  EXPECT_EQ(variables["ASCEND_TOOLKIT_HOME"], "/opt/cann");  // what was set is not there
  EXPECT_EQ(variables["ASCEND_OPP_PATH"], "/opt/other/opp");
  EXPECT_EQ(variables["ASCEND_AICPU_PATH"], "/opt/cann");
  EXPECT_EQ(variables["TOOLCHAIN_HOME"], "/opt/cann/toolkit");
  EXPECT_EQ(variables["PATH"], "/opt/cann/bin:/opt/cann/compiler/ccec_compiler/bin:/usr/bin:/bin");
  EXPECT_EQ(variables["PYTHONPATH"], "/opt/cann/python/site-packages:/opt/cann/opp/built-in/op_impl/ai_core/tbe");
  const std::string tiling =
      "/opp/built-in/op_impl/ai_core/tbe/op_tiling/lib/linux/" + Host().substr(0, Host().find('-'));
  EXPECT_THAT(variables["LD_LIBRARY_PATH"],
              AllOf(StartsWith("/opt/cann/lib64:/opt/cann/lib64/plugin/opskernel:/opt/cann/lib64/plugin/nnengine:"),
                    HasSubstr(tiling + ":"), EndsWith("/opt/cann/tools/aml/lib64:/opt/cann/tools/aml/lib64/plugin")));
}

// atc needs libascend_hal: the driver's, or CANN's stand-in on machines without a driver, and that comes last.
TEST_F(Cann, EnvironmentWithAndWithoutDriver) {
  machine_.variables = {{"ASCEND_HOME_PATH", "/opt/cann"}, {"LD_LIBRARY_PATH", "/srv/lib"}};
  Add("opt/cann/" + Host() + "/devlib/libascend_hal.so");
  Add("opt/cann/runtime/lib64/stub/libascend_hal.so");
  EXPECT_THAT(CannEnvironment(machine_, Found())["LD_LIBRARY_PATH"],
              EndsWith(":/srv/lib:/opt/cann/" + Host() + "/devlib:/opt/cann/runtime/lib64/stub"));
  Add("etc/ascend_install.info", "Driver_Install_Path_Param=/opt/Ascend\n");
  Add("opt/Ascend/driver/lib64/driver/libascend_hal.so");
  Add("opt/Ascend/driver/lib64/common/libc_sec.so");
  EXPECT_THAT(CannEnvironment(machine_, Found())["LD_LIBRARY_PATH"],
              AllOf(EndsWith(":/srv/lib:/opt/Ascend/driver/lib64:/opt/Ascend/driver/lib64/common:"
                             "/opt/Ascend/driver/lib64/driver"),
                    Not(HasSubstr("stub")), Not(HasSubstr("devlib"))));
}

TEST_F(Cann, PlatformConfig) {
  machine_.variables = {{"ASCEND_HOME_PATH", "/opt/cann"}};
  Add("opt/cann/version.cfg");
  EXPECT_THAT(KnownSocVersions(machine_, Found()), IsEmpty());
  const std::string directory = "opt/cann/aarch64-linux/data/platform_config/";
  for (const char* name : {"Ascend910B4.ini", "Ascend310P3.ini", "Ascend910_9362.ini", "readme.txt", ".ini"})
    Add(directory + name);
  Add("opt/cann/compiler/data/platform_config/Ascend310P3.ini");
  EXPECT_THAT(KnownSocVersions(machine_, Found()), ElementsAre("Ascend310P3", "Ascend910B4", "Ascend910_9362"));
  EXPECT_EQ(FindPlatformConfig(machine_, Found(), "Ascend910B4"), "/" + directory + "Ascend910B4.ini");
  for (const std::string name :
       {"Ascend910B", "ascend910b4", "", "../platform_config/Ascend910B4", "A/B", "Ascend910B4.ini", "Ascend910B4\n"})
    EXPECT_FALSE(FindPlatformConfig(machine_, Found(), name)) << name;
  EXPECT_FALSE(FindPlatformConfig(machine_, Found(), std::string(100000, 'A')));
}

}  // namespace
}  // namespace convnext
