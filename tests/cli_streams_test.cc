// Streams that are full, closed or left by their reader, files that shrink, processes that are killed: no abort, no
// lost result, and the exit code that docs/cli.md says.
#include <gmock/gmock.h>

#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kInfer =
    "convnext infer --model_path tiny --threads 1 --image_path $GOLDEN/images/gray16_451x300.png missing.png --output ";

class CliStreams : public ShellTest {
 protected:
  CliStreams() { Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --output tiny"); }
};

TEST_F(CliStreams, StandardOutputThatIsFullOrClosedIsExitFour) {
  Shell(std::string(kInfer) + "e.npy");
  for (const char* command :
       {"--version", "--help", "infer --help", "inspect tiny", "inspect tiny --json", "compare e.npy e.npy", "env",
        "env --json", "synth --config $GOLDEN/models/tiny_patch/config.json --output tiny",
        "export --model_path tiny --output m.onnx",
        "preprocess --image_path $GOLDEN/images/one_pixel.png --output s.npy",
        "infer --model_path tiny --image_path $GOLDEN/images/one_pixel.png --json --no_log"}) {
    for (const auto& [stream, message] :
         {std::pair(" > /dev/full", "No space left"), {" >&-", "Bad file descriptor"}}) {
      const Outcome outcome = Shell(std::string("convnext ") + command + stream);
      EXPECT_EQ(outcome.exit_code, 4) << command << stream;
      EXPECT_THAT(outcome.err, HasSubstr(std::string("error: cannot write standard output: ") + message)) << command;
    }
  }
}

// Pictures with warnings and pictures that fail make messages; the array is the same in every case.
TEST_F(CliStreams, MessagesThatNobodyReadsCostNothing) {
  ASSERT_EQ(Shell(std::string(kInfer) + "e.npy").exit_code, 2);
  for (const char* streams : {"2>/dev/full", "2>&-", ">&- 2>&-", "<&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>&1",
                              "2>&1 | true", "2>&1 >/dev/full | true", "3>&2 2>&- "}) {
    const Outcome outcome = Shell("rm -f f.npy; { " + std::string(kInfer) + "f.npy; echo $? > code; } " + streams +
                                  "; cmp e.npy f.npy && grep -q embedding_shape logs/inference.json");
    EXPECT_EQ(outcome.exit_code, 0) << streams;
    EXPECT_THAT(ReadText(Path("code")), testing::AnyOf("2\n", "4\n")) << streams;
  }
}

TEST_F(CliStreams, ErrorsKeepTheirExitCodeWithoutStandardError) {
  for (const auto& [command, code] : {std::pair("infer --no_such_flag", 2),
                                      {"infer --image_path a --model_path no", 2},
                                      {"env --device npu", 3},
                                      {"check nowhere", 2},
                                      {"frobnicate", 2}}) {
    for (const char* streams : {" 2>/dev/full", " 2>&-"}) {
      EXPECT_EQ(Shell(std::string("convnext ") + command + streams).exit_code, code) << command << streams;
    }
  }
}

// `head` has read enough: the work is done and its exit code stands.
TEST_F(CliStreams, AReaderWhoLeavesIsNoError) {
  const Outcome left = Shell("{ convnext inspect tiny --json; echo $? >&2; } | true");
  EXPECT_EQ(left.err, "0\n");
  const Outcome messages =
      Shell("{ " + std::string(kInfer) + "e.npy 2>&1; echo $? > code; } | true; cat code; ls e.npy");
  EXPECT_EQ(messages.out, "2\ne.npy\n");
}

// The writer waits for a reader of the pipe, with the weights mapped; then they are cut.
TEST_F(CliStreams, WeightsThatShrinkAreAnError) {
  const Outcome outcome = Shell(
      "mkfifo m.onnx; convnext export --model_path tiny --output m.onnx & "
      "while ! grep -qs model.safetensors /proc/$!/maps; do sleep 0.01; done; "
      "truncate -s 5000 tiny/model.safetensors; cat m.onnx > /dev/null; wait $!");
  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("convnext: error: /"), HasSubstr("/tiny/model.safetensors: it was made shorter")));
}

TEST_F(CliStreams, ProcessesThatRecordTogetherLoseNoLine) {
  const Outcome outcome = Shell(
      "for i in 1 2 3 4; do convnext infer --model_path tiny --threads 1 --image_path $GOLDEN/images/one_pixel.png "
      "--evidence run > out$i 2>&1 & done; wait; convnext env --output run >/dev/null; wc -l < run/logs/run.jsonl");
  EXPECT_EQ(outcome.out, "5\n") << Shell("cat out*").out;
  EXPECT_EQ(Shell("convnext env --output run > /dev/null").exit_code, 0);  // the chain holds
}

TEST_F(CliStreams, AKilledProcessLeavesNothingInTheWay) {
  for (const char* seconds : {"0.005", "0.01", "0.02", "0.04", "0.08"})
    Shell("timeout -s KILL " + std::string(seconds) + " " + kInfer + "e.npy");
  EXPECT_EQ(Shell(std::string(kInfer) + "e.npy").exit_code, 2);
  EXPECT_EQ(Shell("find . -name '*.tmp'").out, "");
}

TEST_F(CliStreams, NamesOfEveryLengthTheSystemAllows) {
  const std::string longest = std::string(251, 'n') + ".npy", longer = "n" + longest;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Shell(kInfer + longest).exit_code, 2);
  EXPECT_TRUE(Exists(longest));
  const Outcome outcome = Shell(kInfer + longer);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, AllOf(StartsWith("convnext: error: "), HasSubstr("255 bytes are the longest name there")));
}

TEST_F(CliStreams, AUmaskThatLocksUsOutIsNamed) {
  const Outcome outcome = Shell(
      "chmod 777 .; umask 777; command='convnext infer --model_path tiny --image_path $GOLDEN/images/one_pixel.png'; "
      "if [ $(id -u) = 0 ]; then setpriv --reuid 65534 --regid 65534 --clear-groups sh -c \"$command\"; "
      "else sh -c \"$command\"; fi");
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("the umask 0777 takes this process's own rights"));
  EXPECT_FALSE(Exists("logs"));
}

}  // namespace
}  // namespace convnext
