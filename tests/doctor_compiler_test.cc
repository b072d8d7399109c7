// The doctor's reasons against compiling a model for an NPU: atc, operators, Python.

#include "doctor_fixture.h"

namespace convnext {
namespace {

using testing::EndsWith;
using testing::IsEmpty;

class DoctorCompiler : public DoctorTest {};

TEST_F(DoctorCompiler, RuntimeOnly) {
  Remove(kCann);
  Add("usr/local/Ascend/nnrt/latest/lib64/libascendcl.so");
  machine_.variables["LD_LIBRARY_PATH"] += ":/usr/local/Ascend/nnrt/latest/lib64";
  ExpectReason(Examine(), "npu.cann.runtime_only", "no /usr/local/Ascend/nnrt/latest/bin/atc", "--om_path");
  EXPECT_TRUE(ConcernsCompilingOnly(SingleReason(Examine())));
  EXPECT_EQ(SingleReason(Examine(WorkingProbe())).code, "npu.cann.runtime_only");
}

TEST_F(DoctorCompiler, AtcMissing) {
  Remove(Cann("bin/atc"));
  Add(Cann("compiler/version.info"));
  ExpectReason(Examine(), "npu.atc.missing", std::string("no program atc in /") + kCann + "/bin",
               "Ascend-cann-toolkit 8.1.RC1");
  Add(Cann("bin/atc"), "not executable");
  EXPECT_EQ(SingleReason(Examine()).code, "npu.atc.missing");
  AddProgram("bin/atc", "exit 0\n");
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());  // on the PATH
}

// A library that works, from where no installation is known.
TEST_F(DoctorCompiler, LibraryWithoutInstallation) {
  Remove(kCann);
  Add("srv/lib/libascendcl.so");
  machine_.variables["LD_LIBRARY_PATH"] = "/srv/lib:/usr/local/Ascend/driver/lib64/driver";
  ProbeFacts facts = WorkingProbe();
  facts.cann_version = "8.5.0";
  const NpuFindings findings = Examine(facts);
  EXPECT_EQ(SingleReason(findings).code, "npu.atc.missing");
  EXPECT_EQ(findings.cann_version, "8.5.0");
}

TEST_F(DoctorCompiler, OppMissing) {
  Remove(Cann("opp"));
  ExpectReason(Examine(), "npu.cann.opp_missing", std::string("no operators in /") + kCann + "/opp",
               "Ascend-cann-CHIP-ops 8.1.RC1");
  EXPECT_EQ(SingleReason(Examine(WorkingProbe())).code, "npu.cann.opp_missing");
}

TEST_F(DoctorCompiler, OperatorsOfAnotherChip) {
  ProbeFacts facts = WorkingProbe();
  facts.soc_name = "Ascend910_9362";
  ExpectReason(Examine(facts), "npu.cann.opp_missing", "no operators for Ascend910_9362 in /usr/local",
               "install Ascend-cann-A3-ops");
  Remove(Cann("opp/built-in/op_impl/ai_core/tbe/config/ascend910b"));
  std::filesystem::create_directories(directory_ / Cann("opp/built-in/op_impl/ai_core/tbe/config"));
  ExpectReason(Examine(WorkingProbe()), "npu.cann.opp_missing", "no operators for Ascend910B4",
               "install Ascend-cann-910b-ops");
}

TEST_F(DoctorCompiler, UnknownChip) {
  ProbeFacts facts = WorkingProbe();
  facts.soc_name = "Ascend950PR_9579";
  const BlockingReason reason = SingleReason(Examine(facts));
  EXPECT_EQ(reason.code, "npu.soc.unknown");
  EXPECT_TRUE(ConcernsCompilingOnly(reason));
}

TEST_F(DoctorCompiler, Python) {
  AddProgram("bin/python3", "echo 3.9.9 scipy attr\n");
  const std::string python = directory_ / "bin/python3";
  ExpectReason(Examine(), "npu.atc.python", python + " (3.9.9) has no scipy, attrs",
               python + " -m pip install scipy attrs");
  EXPECT_EQ(SingleReason(Examine(WorkingProbe())).code, "npu.atc.python");
  for (const char* old : {"3.7.4", "2.7.18", "3"}) {
    AddProgram("bin/python3", fmt::format("echo {}\n", old));
    ExpectReason(Examine(), "npu.atc.python", std::string("is version ") + old, "3.7.5");
  }
  for (const char* good : {"3.7.5", "3.10.0", "4.0.0"}) {
    AddProgram("bin/python3", fmt::format("echo {}\n", good));
    EXPECT_THAT(ReasonCodes(Examine()), IsEmpty()) << good;
  }
  AddProgram("bin/python3", "echo oops; exit 3\n");
  ExpectReason(Examine(), "npu.atc.python", "exit code 3, \"oops\"", "install python3");
  AddProgram("bin/python3", "exit 0\n");
  ExpectReason(Examine(), "npu.atc.python", "does not work", "install python3");
  Remove("bin/python3");
  ExpectReason(Examine(), "npu.atc.python", "no python3 on the PATH", "install python3");
  // A compiler without operators in Python asks for none.
  Remove(Cann("opp/built-in"));
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());
}

// The script that is given to Python, run by Python.
TEST_F(DoctorCompiler, PythonScript) {
  if (!std::filesystem::exists("/usr/bin/python3")) GTEST_SKIP() << "no /usr/bin/python3";
  Remove("bin/python3");
  // -S -E: without what is installed here, so that the modules are surely missing; then with empty ones in their place.
  AddProgram("bin/python3", "exec /usr/bin/python3 -S -E \"$@\"\n");
  EXPECT_THAT(SingleReason(Examine()).advice, EndsWith("-m pip install numpy decorator sympy scipy attrs psutil cffi"));
  for (const char* module : {"numpy", "decorator", "sympy", "scipy", "attr", "psutil", "cffi"})
    Add(std::string("modules/") + module + "/__init__.py");
  AddProgram("bin/python3",
             fmt::format("export PYTHONPATH='{}'\nexec /usr/bin/python3 -S \"$@\"\n", directory_ / "modules"));
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());
}

}  // namespace
}  // namespace convnext
