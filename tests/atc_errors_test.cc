// Why atc failed, told from its codes, its words and how it ended.
#include "convnext/ascend/compile/atc_errors.h"

#include "fake_cann.h"

namespace convnext {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(AtcErrorCodes, AreFoundAsWords) {
  EXPECT_THAT(AtcErrorCodes("E16002: a [E40020] EZ9999!\nE16002 W11001\nE19999"),
              ElementsAre("E16002", "E40020", "EZ9999", "E19999"));
  EXPECT_THAT(AtcErrorCodes("E1600 E160021 xE16002 _E16002 E16002_ EZZ999 E1600x e16002 W11001 E"), IsEmpty());
  EXPECT_THAT(AtcErrorCodes(""), IsEmpty());
}

class AtcFailureAdvice : public FakeCann {};

struct Failure {
  const char* script;
  const char* code;
  const char* symptom;
};
void PrintTo(const Failure& failure, std::ostream* out) { *out << failure.script; }

class AtcFailure : public FakeCann, public testing::WithParamInterface<Failure> {};

TEST_P(AtcFailure, IsExplained) {
  SetAtcScript(GetParam().script);
  options_.timeout_seconds = 1;
  const BlockingReason reason = CompileReason();
  EXPECT_EQ(reason.code, GetParam().code);
  EXPECT_THAT(reason.symptom, HasSubstr(GetParam().symptom));
  EXPECT_FALSE(reason.cause.empty());
  EXPECT_THAT(reason.advice, HasSubstr("; atc's output: "));
  EXPECT_THAT(reason.symptom + reason.cause + reason.advice, Not(HasSubstr("\n")));
  EXPECT_THAT(CacheEntries(), Each(testing::EndsWith(".log")));  // and nothing half-made
  // The next attempt starts afresh.
  SetAtcScript("finish");
  EXPECT_FALSE(ValueOrThrow(Compile()).cached);
}

INSTANTIATE_TEST_SUITE_P(
    All, AtcFailure,
    testing::Values(
        Failure{"fail 'E16002: No ONNX parser is registered for optype ai.onnx::13::Conv'", "npu.atc.operator",
                "E16002"},
        Failure{"fail 'E10001: Value [Ascend9] for parameter [--soc_version] is invalid. Reason: x'", "npu.atc.soc",
                "[Ascend9] for parameter [--soc_version]"},
        Failure{"fail 'E10001: Value [origin] for parameter [--precision_mode_v2] is invalid.'", "npu.atc.flags",
                "precision_mode_v2"},
        Failure{"fail 'E10056: x'", "npu.atc.flags", "E10056"}, Failure{"fail 'E10016: x'", "npu.atc.model", "E10016"},
        Failure{"fail 'E10501: IR for Op [x, optype [Conv]] is not registered.'", "npu.atc.opp", "E10501"},
        Failure{"fail 'E20002: x'", "npu.atc.opp", "E20002"}, Failure{"fail 'E13004: x'", "npu.atc.files", "E13004"},
        Failure{"fail 'E13004: [Errno 28] No space left on device'", "npu.atc.disk", "No space left"},
        Failure{"fail 'E13005: x'", "npu.atc.model", "E13005"},
        Failure{"fail 'E13023: x'", "npu.atc.too_large", "E13023"},
        Failure{"fail 'E13024: x'", "npu.atc.variables", "E13024"},
        Failure{"fail 'E40002: x'", "npu.atc.python", "E40002"},
        Failure{"fail 'E40020: x'", "npu.atc.python", "E40020"},
        Failure{"fail 'E40021: Failed to compile Op [stem].'", "npu.atc.kernel", "Failed to compile Op [stem]"},
        Failure{"fail 'EZ9999: x'", "npu.atc.kernel", "EZ9999"},
        Failure{"fail 'E19999: Inner Error!'; ", "npu.atc.failed", "Inner Error!"},
        Failure{"printf 'W11001: w\\nE19999: Inner\\nE20001: the cause\\n'; exit 255", "npu.atc.kernel", "the cause"},
        Failure{"echo nothing known; exit 1", "npu.atc.failed", "ended with code 1: nothing known"},
        Failure{"printf 'secret\\033[31m\\377'; exit 3", "npu.atc.failed", "secret\\x1b[31m\\xff"},
        Failure{"echo \"terminate called after throwing 'std::bad_alloc'\"; exit 134", "npu.atc.crashed", "signal 6"},
        Failure{"echo \"std::bad_alloc\"; exit 255", "npu.atc.memory", "bad_alloc"},
        Failure{"kill -9 $$", "npu.atc.memory", "signal 9"}, Failure{"kill -11 $$", "npu.atc.crashed", "signal 11"},
        Failure{"echo 'atc.bin: error while loading shared libraries: libascend_hal.so: no'; exit 127",
                "npu.atc.libraries", "libascend_hal.so"},
        Failure{"echo working; sleep 100", "npu.atc.timeout", "after 1 s and was stopped; working"},
        Failure{"echo done; exit 0", "npu.atc.no_output", "no "},
        Failure{"echo IMOD > \"$output.om\"; exit 0", "npu.atc.no_output", "cut off: 5 bytes"},
        Failure{"head -c 500 /dev/zero > \"$output.om\"; exit 0", "npu.atc.no_output", "not with \"IMOD\""}));

TEST_F(AtcFailureAdvice, NamesThePackageThatPythonLacks) {
  SetAtcScript(
      "echo \"ModuleNotFoundError: No module named 'decorator'\"; fail 'E40020: Failed to import Python module'");
  const BlockingReason reason = CompileReason();
  EXPECT_EQ(reason.code, "npu.atc.python");
  EXPECT_THAT(reason.advice, StartsWith("python3 -m pip install decorator (in all: "));
}

}  // namespace
}  // namespace convnext
