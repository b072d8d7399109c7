// `convnext embed` on the emulated NPU: units are the same bytes whoever does them, however often it is stopped.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "emulator_shell.h"
#include "paths.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Four units of two pictures each; a batch has room for two of them.
constexpr const char* kEmbed =
    "timeout 120 convnext embed --model_path model --input list.txt --rows_per_file 2 --batch_size 4 --device npu";

class AscendEmbedTest : public EmulatorShellTest {
 protected:
  AscendEmbedTest() { EmulatorShellTest::Shell("ls $GOLDEN/images/*.jpg | head -n 8 > list.txt"); }

  Outcome Embed(const std::string& flags, const std::string& variables = "") const {
    return Shell(kEmbed + flags, variables);
  }

  size_t Executions() const {
    size_t count = 0;
    std::istringstream log(ReadText(Path("calls")));
    for (std::string line; std::getline(log, line);) count += line.starts_with("aclmdlExecuteAsync(");
    return count;
  }

  Outcome Compare(const std::string& one, const std::string& other) const {
    return Shell("diff -r --exclude log " + one + " " + other);
  }
};

TEST_F(AscendEmbedTest, BatchesDoNotCrossUnits) {
  const Outcome whole = Embed(" --output whole");
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_EQ(Executions(), 4U);
  const auto identity = nlohmann::json::parse(ReadText(Path("whole/plan.json"))).dump();
  EXPECT_THAT(identity, AllOf(HasSubstr("Ascend910B4-emulator"), HasSubstr("batch_size")));
  // The second half first, by another process.
  ASSERT_EQ(Embed(" --output shared --rank 1 --ranks 2").exit_code, 0);
  const Outcome rest = Embed(" --output shared --rank 0 --ranks 1");
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(Compare("whole", "shared").out, "");
  EXPECT_EQ(Shell("convnext embed --verify shared").exit_code, 0);
}

TEST_F(AscendEmbedTest, ADeviceThatFailsLeavesItsUnitForTheNextRun) {
  ASSERT_EQ(Embed(" --output whole").exit_code, 0);
  const Outcome failed = Embed(" --output broken", "'ASCEND_EMULATOR_FAULT=aclmdlExecuteAsync:3:507011'");
  EXPECT_EQ(failed.exit_code, 3) << failed.err;
  EXPECT_THAT(failed.err, HasSubstr("npu.execute"));
  EXPECT_EQ(Shell("convnext embed --verify broken").exit_code, 5);
  EXPECT_EQ(Shell("cat broken/failures/*").out, "");
  const Outcome again = Embed(" --output broken");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(Compare("whole", "broken").out, "");
}

TEST_F(AscendEmbedTest, AnotherDeviceOrBatchIsRefused) {
  ASSERT_EQ(Embed(" --output out --rank 0 --ranks 2").exit_code, 0);
  const Outcome chip = Embed(" --output out", "ASCEND_EMULATOR_SOC=Ascend910_9362-emulator");
  EXPECT_EQ(chip.exit_code, 2) << chip.err;
  EXPECT_THAT(chip.err, AllOf(HasSubstr("Ascend910B4-emulator"), HasSubstr("Ascend910_9362-emulator")));
  const Outcome batch = Embed(" --output out --batch_size 2");
  EXPECT_EQ(batch.exit_code, 2) << batch.err;
  EXPECT_THAT(batch.err, HasSubstr("batch_size"));
  const Outcome cpu = Shell("convnext embed --model_path model --output out");
  EXPECT_EQ(cpu.exit_code, 2) << cpu.err;
  EXPECT_THAT(cpu.err, AllOf(HasSubstr("npu"), HasSubstr("cpu")));
}

// Each device has its share of a batch, which a model compiled for so many pictures computes, to other last bits.
TEST_F(AscendEmbedTest, AsManyDevicesGoOn) {
  const std::string two = "ASCEND_EMULATOR_DEVICES=2";
  ASSERT_EQ(Embed(":all --output all", two).exit_code, 0);
  ASSERT_EQ(Embed(":all --output shared --rank 1 --ranks 2", two).exit_code, 0);
  const Outcome one = Embed(" --output shared", two);
  EXPECT_EQ(one.exit_code, 2) << one.err;
  EXPECT_THAT(one.err, HasSubstr("npu_count: 2 there, 1 here"));
  const Outcome rest = Embed(":0,npu:1 --output shared", two);
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(Compare("all", "shared").out, "");
}

}  // namespace
}  // namespace convnext
