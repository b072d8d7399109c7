// convnext compile, with an atc that the tests script.
#include "fake_cann.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class CliCompile : public FakeCann {
 protected:
  CliCompile() {
    EXPECT_TRUE(WriteSyntheticModel(GoldenConfig("tiny_patch"), 1, Path("model")).ok());
    EXPECT_TRUE(MakeDirectories(Path("home")).ok());
  }
  Outcome Run(const std::string& flags) const {
    return Shell(
        fmt::format("env -u XDG_CACHE_HOME -u ASCEND_TOOLKIT_HOME HOME=\"$PWD/home\" ASCEND_HOME_PATH='{}' "
                    "convnext compile --model_path model {}",
                    directory_ / "cann", flags));
  }
};

TEST_F(CliCompile, CompilesAndCopies) {
  const Outcome first = Run("--soc_version Ascend910B4 --batch 1,4 --output out");
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("batch 1    dtype float32, opset 17, 0.0 MB, compiled in"),
                               HasSubstr("batch 4    dtype float32,"), HasSubstr(".b4.om\n")));
  EXPECT_THAT(first.err, HasSubstr("convnext: compiling for Ascend910B4, batch 4; minutes the first time\n"));
  int copies = 0;
  for (const auto& entry : std::filesystem::directory_iterator(Path("out"))) {
    EXPECT_EQ(ReadText(entry.path()), OmBytes("payload"));
    ++copies;
  }
  EXPECT_EQ(copies, 2);
  EXPECT_TRUE(Exists("home/.cache/convnext/ascend"));
  const Outcome second = Run("--soc-version Ascend910B4 --batch 1,4");
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_THAT(second.out, HasSubstr("compiled before\n"));
  EXPECT_THAT(AtcCalls(), SizeIs(2));
}

TEST_F(CliCompile, OffersTheReducedPrecision) {
  const Outcome refused = Run("--soc_version Ascend310P3 --batch 1");
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("[npu.precision.float32]"), HasSubstr("--dtype float32-reduced")));
  const Outcome done = Run("--soc_version Ascend310P3 --batch 1 --dtype float32-reduced --image_size 96");
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("dtype float32-reduced,"));
  EXPECT_THAT(AtcCalls(), ElementsAre(HasSubstr("--input_shape=images:1,3,96,96")));
}

TEST_F(CliCompile, WarnsOfFloat16) {
  Add("cann/bin/graph.json", GraphJson("DT_FLOAT16"));
  const Outcome done = Run("--soc_version Ascend910B4 --batch 1");
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.out, HasSubstr("dtype float32-reduced,"));
  EXPECT_THAT(done.err, HasSubstr("warning: batch 1: float16 in 1 operator of the compiled graph: stem (Conv2D)\n"));
}

// The first failure is the command's; the other batch sizes are there nevertheless.
TEST_F(CliCompile, FailsWithTheReason) {
  SetAtcScript("case $input_shape in *:1,*) finish ;; *) fail 'E40021: Failed to compile Op [stem].' ;; esac");
  const Outcome failed = Run("--soc_version Ascend910B4 --cache cache --batch 1,4,8");
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_THAT(failed.out, AllOf(HasSubstr("batch 1 "), Not(HasSubstr("batch 4"))));
  EXPECT_THAT(failed.err, AllOf(HasSubstr("error: batch 4: [npu.atc.kernel] atc ended with code 255: E40021"),
                                HasSubstr("warning: batch 8: [npu.atc.kernel]")));
  EXPECT_EQ(Run("--soc_version Ascend910B9").exit_code, 3);
  EXPECT_EQ(Run("--soc_version Ascend910B4 --dtype int8").exit_code, 2);
  EXPECT_EQ(Run("--soc_version Ascend910B4 --batch 0").exit_code, 2);
  EXPECT_EQ(Run("").exit_code, 2);
}

}  // namespace
}  // namespace convnext
