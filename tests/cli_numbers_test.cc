// Every number that a command takes is refused where it is read, before anything is loaded or measured. The options are
// found in --help, so that a new one is held to the same.
#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class CliNumbers : public ShellTest {
 protected:
  // The options of a command whose help says that they take numbers: "--threads INT:INT in [1 - 1024]".
  std::vector<std::string> NumericOptions(const std::string& command) const {
    const std::regex option("^ +(--[a-z_]+)[^ ]* (INT|UINT|FLOAT)");
    std::istringstream help(Shell("convnext " + command + " --help").out);
    std::vector<std::string> names;
    std::smatch match;
    for (std::string line; std::getline(help, line);) {
      if (std::regex_search(line, match, option)) names.push_back(match[1]);
    }
    return names;
  }
};

constexpr const char* kCommands[] = {"infer",   "preprocess", "compare", "synth",         "export",
                                     "compile", "adapt",      "check",   "eval accuracy", "eval performance",
                                     "env",     "report",     "inspect", "selftest"};

// All that is no number, on one option of each type; what people write by mistake, on each option.
TEST_F(CliNumbers, NonsenseIsRefusedWhereItIsRead) {
  std::string script =
      "refuse() { \"$@\" >out 2>err; [ $? = 2 ] && grep -q -e \"error: $option: \" err || "
      "{ echo \"$*\"; cat out err; }; }\n";
  const auto refuse = [&script](const std::string& command, const std::string& option, const std::string& value) {
    script += "option=" + option + "; refuse convnext " + command + " " + option + " '" + value + "'\n";
  };
  size_t count = 0;
  for (const std::string command : kCommands) {
    for (const std::string& option : NumericOptions(command)) {
      ++count;
      refuse(command, option, "nan");
    }
  }
  EXPECT_GE(count, 25U);
  for (const auto& [command, option] :
       {std::pair("infer", "--threads"), {"synth", "--seed"}, {"adapt", "--min_time"}}) {
    for (const char* value :
         {"inf", "-inf", "-nan", "-1", "1e999", "99999999999999999999", "0x10", "1 ", " 1", "+1", "one", "٣", ""})
      refuse(command, option, value);
    script += std::string("option=") + option + "; refuse convnext " + command + " " + option + "=\n";
  }
  EXPECT_EQ(Shell(script).out, "");
}

TEST_F(CliNumbers, ListsHaveNumbersBetweenSingleCommas) {
  for (const std::string command :
       {"eval performance --batch_sizes", "adapt --output bundle --device cpu --batch_sizes",
        "compile --soc_version A --batch", "export --output m.onnx --batch"}) {
    for (const char* value : {"1,,2", "1,", "1, 2"}) {
      const Outcome outcome = Shell("convnext " + command + " '" + value + "'");
      EXPECT_EQ(outcome.exit_code, 2) << command << value;
      EXPECT_THAT(outcome.err, HasSubstr("error: --batch")) << command << value;
    }
  }
  for (const std::string command : {"eval performance --batch_sizes", "compile --soc_version A --batch"}) {
    EXPECT_THAT(Shell("convnext " + command + " 1,4,1").err, HasSubstr("1 stands twice"));
    EXPECT_THAT(Shell("convnext " + command + " $(seq -s, 65)").err, HasSubstr("count of values 65: expected 1 to 64"));
  }
  for (const char* size : {"256x", "256x8193", "''"}) {
    const Outcome outcome = Shell(std::string("convnext export --output m.onnx --image_size ") + size);
    EXPECT_EQ(outcome.exit_code, 2) << size;
    EXPECT_THAT(outcome.err, HasSubstr("error: --image_size: ")) << size;
  }
  EXPECT_THAT(Shell("convnext export --output m.onnx --opset 16").err, HasSubstr("expected 17"));
}

TEST_F(CliNumbers, ListsAreRead) {
  Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --output tiny");
  const std::string eval =
      "convnext eval performance --model_path tiny --runs 1 --warmup 1 --num_images 1 --batch_sizes ";
  EXPECT_THAT(Shell(eval + "2,3").out, AllOf(HasSubstr("BS=2 "), HasSubstr("BS=3 ")));
  EXPECT_THAT(Shell(eval + "2 3").out, AllOf(HasSubstr("BS=2 "), HasSubstr("BS=3 ")));
  EXPECT_THAT(Shell("convnext adapt --help").out, HasSubstr("=1,4,8,16 ..."));
}

}  // namespace
}  // namespace convnext
