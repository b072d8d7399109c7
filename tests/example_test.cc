// The installed library, as a C++ program elsewhere uses it: examples/embed.
#include <gmock/gmock.h>

#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ExampleTest : public ShellTest {
 protected:
  Outcome RequireSuccess(const std::string& command) const {
    const Outcome outcome = Shell(command);
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.out << outcome.err;
    return outcome;
  }
};

TEST_F(ExampleTest, FindsTheInstalledLibrary) {
  if (kEmulated) GTEST_SKIP() << "the example would be built for this machine";
  const std::string build = std::filesystem::path(kProgram).parent_path();
  const std::string source = std::string(kSourceDirectory) + "/examples/embed";
  RequireSuccess("cmake --install '" + build + "' --prefix \"$PWD/installed\"");
  RequireSuccess("mv installed moved");  // what is installed names no place
  RequireSuccess("cmake -S '" + source + "' -B build -DCMAKE_PREFIX_PATH=\"$PWD/moved\" -DCMAKE_CXX_COMPILER='" +
                 kCompiler + "' && cmake --build build");
  RequireSuccess("moved/bin/convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output model");
  const Outcome embedded = RequireSuccess("build/embed model $GOLDEN/images/coffee_301x200_progressive.jpg");
  EXPECT_THAT(embedded.out, HasSubstr("/coffee_301x200_progressive.jpg "));
  const std::string numbers = embedded.out.substr(embedded.out.find(' ') + 1);
  std::string listed = numbers.substr(0, numbers.size() - 1);  // as `convnext infer` prints them, with commas
  for (size_t space = listed.find(' '); space != std::string::npos; space = listed.find(' ', space + 2))
    listed.replace(space, 1, ", ");
  EXPECT_THAT(RequireSuccess("moved/bin/convnext infer --model_path model --image_path "
                             "$GOLDEN/images/coffee_301x200_progressive.jpg")
                  .out,
              HasSubstr("[" + listed));

  const Outcome absent = Shell("build/embed model nowhere.jpg");
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.err, HasSubstr("nowhere.jpg"));
  EXPECT_THAT(Shell("build/embed").err, StartsWith("usage: "));
}

}  // namespace
}  // namespace convnext
