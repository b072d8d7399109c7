// A host with Ascend NPUs on which all is well, in a directory. Tests take one thing from it, and ask the doctor.
#pragma once

#include <string>
#include <vector>

#include "both_languages.h"
#include "convnext/ascend/host/doctor.h"
#include "fake_machine.h"

namespace convnext {

inline constexpr const char* kCann = "usr/local/Ascend/ascend-toolkit/latest";
inline constexpr const char* kDriver = "usr/local/Ascend/driver";
inline constexpr const char* kTable =
    "| npu-smi 24.1.rc1                 Version: 24.1.rc1                                             |\n"
    "| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|\n"
    "| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |\n"
    "| 0     910B4               | {0}            | 88.9        39                0    / 0             |\n"
    "| 0                         | 0000:C2:00.0  | 0           0    / 0          {2}/ 32768         |\n"
    "| 1     910B4               | {1}            | 88.9        39                0    / 0             |\n"
    "| 0                         | 0000:C1:00.0  | 0           0    / 0          {2}/ 32768         |\n"
    "| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |\n"
    "| 0       0                 | 41            | small                    | 61                      |\n"
    "| 1       0                 | 3277562       | mindie_llm_back          | 29014                   |\n";

class DoctorTest : public FakeMachine {
 protected:
  DoctorTest() {
    AddDriver();
    AddCann();
    AddNpuSmi(fmt::format(kTable, "OK", "Warning", 2858));
    AddProgram("bin/python3", "echo 3.11.2\n");
    machine_.variables = {{"PATH", directory_ / "bin"},
                          {"USER", "ann"},
                          {"LD_LIBRARY_PATH", fmt::format("/{0}/lib64:/{1}/lib64/driver", kCann, kDriver)}};
  }

  void AddDriver() {
    for (const char* node : {"davinci0", "davinci1", "davinci_manager", "devmm_svm", "hisi_hdc"})
      Add(std::string("dev/") + node);
    Add("proc/modules",
        "nf_tables 303104 0 - Live 0x0\ndrv_pcie_host 1 0 - Live 0x0\ndrv_devmng_host 1 0 - Live 0x0\n");
    Add(Driver("version.info"),
        "Version=24.1.rc1\nascendhal_version=7.35.19\nInnerversion=V100R001C15SPC006B220\n"
        "compatible_version=[V100R001C30],[V100R001C13],[V100R001C15],[V100R001C17]\n");
    Add(Driver("lib64/driver/libascend_hal.so"));
    Add("etc/ascend_install.info", "Driver_Install_Path_Param=/usr/local/Ascend\nUserGroup=npu-people\n");
    Add("etc/group", "root:x:0:\nnpu-people:x:1500:bob\n");
  }
  void AddCann() {
    Add(Cann("aarch64-linux/ascend_toolkit_install.info"),
        "version=8.1.RC1\ninnerversion=V100R001C21SPC001B238\n"
        "compatible_version=[V100R001C15],[V100R001C18],[V100R001C19],[V100R001C20],[V100R001C21]\n");
    Add(Cann("runtime/version.info"), "Version=7.7.0.1.238\nrequired_driver_ascendhal_version=4.0.0\n");
    Add(Cann("opp/version.info"), "Version=7.7.0.1.238\n");
    Add(Cann("opp/built-in/op_impl/ai_core/tbe/impl/add.py"));
    Add(Cann("opp/built-in/op_impl/ai_core/tbe/config/ascend910b/aic-ascend910b-ops-info.json"));
    Add(Cann("aarch64-linux/data/platform_config/Ascend910B4.ini"), "[version]\nShort_SoC_version=Ascend910B\n");
    Add(Cann("aarch64-linux/data/platform_config/Ascend910_9362.ini"), "[version]\nShort_SoC_version=Ascend910_93\n");
    Add(Cann("lib64/libascendcl.so"));
    Add("usr/local/Ascend/ascend-toolkit/set_env.sh");
    AddProgram(Cann("bin/atc"), "exit 0\n");
  }
  void AddNpuSmi(const std::string& text) {
    Add("table", text);
    AddProgram("bin/npu-smi", fmt::format("PATH=/usr/bin:/bin; cat '{}'\n", directory_ / "table"));
  }
  static std::string Cann(const std::string& path) { return std::string(kCann) + "/" + path; }
  static std::string Driver(const std::string& path) { return std::string(kDriver) + "/" + path; }
  // No driver, and nothing that it leaves.
  void RemoveDriver() {
    for (const char* path : {kDriver, "dev", "proc", "bin/npu-smi", "etc"}) Remove(path);
  }
  // A driver that shows no chip to anyone.
  void RemoveDevices() {
    Remove("dev");
    AddNpuSmi("dcmi module initialize failed. ret is -8005\n");
  }
  void MakeContainer() { Add(".dockerenv"); }

  NpuFindings Examine() const { return ExamineNpu(machine_, nullptr); }
  NpuFindings Examine(const ProbeFacts& facts) const {
    return ExamineNpu(machine_, [&facts](const Machine&, const std::optional<CannInstallation>&) { return facts; });
  }
  static std::vector<std::string> ReasonCodes(const NpuFindings& findings) {
    std::vector<std::string> codes;
    for (const BlockingReason& reason : findings.reasons) {
      codes.push_back(reason.code);
      if (reason.cause != "cause") ExpectBothLanguages(reason);  // but for those that a test makes
    }
    return codes;
  }
  // The one reason that there must be.
  static BlockingReason SingleReason(const NpuFindings& findings) {
    EXPECT_EQ(findings.reasons.size(), 1U) << testing::PrintToString(ReasonCodes(findings));
    if (findings.reasons.empty()) return {};
    const BlockingReason reason = findings.reasons[0];
    EXPECT_FALSE(reason.symptom.empty() || reason.cause.empty() || reason.advice.empty()) << reason.code;
    if (reason.cause != "cause") ExpectBothLanguages(reason);
    return reason;
  }
  // Code, and texts that symptom and advice must hold.
  static void ExpectReason(const NpuFindings& findings, const std::string& code, const std::string& symptom,
                           const std::string& advice) {
    const BlockingReason reason = SingleReason(findings);
    EXPECT_EQ(reason.code, code);
    EXPECT_THAT(reason.symptom, testing::HasSubstr(symptom));
    EXPECT_THAT(reason.advice, testing::AllOf(testing::HasSubstr(advice), testing::Not(testing::HasSubstr("\n"))));
  }
  static ProbeFacts WorkingProbe() {
    ProbeFacts facts;
    facts.soc_name = "Ascend910B4";
    facts.device_count = 2;
    return facts;
  }
  static ProbeFacts FailingProbe(const std::string& code, const std::string& symptom) {
    ProbeFacts facts;
    facts.device_count = 2;
    facts.failures = {{code, symptom, "cause", "advice"}};
    return facts;
  }
  static ProbeFacts UnloadedProbe(const std::string& error) {
    ProbeFacts facts;
    facts.library_error = error;
    facts.failures = {{"npu.cann.library", error, "cause", "advice"}};
    return facts;
  }
};

}  // namespace convnext
