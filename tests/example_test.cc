// The installed library, as a C++ program elsewhere uses it: examples/embed.
#include <fmt/format.h>
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

// As a directory of another project: the target and the headers are found, and no option is set that is not called
// CONVNEXT_...
TEST_F(ExampleTest, IsPartOfAnotherProject) {
  if (kEmulated) GTEST_SKIP() << "the project would be configured for this machine";
  WriteText(Path("CMakeLists.txt"),
            fmt::format(
                "cmake_minimum_required(VERSION 3.22)\nproject(parent LANGUAGES CXX)\n"
                "set(own_options \"${{CMAKE_CXX_FLAGS}}|${{CMAKE_UNITY_BUILD}}|${{CMAKE_CXX_STANDARD}}\")\n"
                "add_subdirectory({0} convnext)\n"
                "if(NOT own_options STREQUAL \"${{CMAKE_CXX_FLAGS}}|${{CMAKE_UNITY_BUILD}}|${{CMAKE_CXX_STANDARD}}\")\n"
                "  message(FATAL_ERROR \"the options of the project changed\")\nendif()\n"
                "get_directory_property(compile_options COMPILE_OPTIONS)\n"
                "if(compile_options)\n  message(FATAL_ERROR \"${{compile_options}}\")\nendif()\n"
                "add_executable(embed {0}/examples/embed/main.cc)\n"
                "target_link_libraries(embed PRIVATE convnext::convnext)\n",
                kSourceDirectory));
  RequireSuccess(fmt::format("cmake -G Ninja -S . -B build -DCMAKE_CXX_COMPILER='{}'", kCompiler));
  RequireSuccess(
      "ninja -C build $(ninja -C build -t targets all | sed -n 's,^\\(CMakeFiles/embed.dir/.*main.cc.o\\):.*,\\1,p')");
  EXPECT_EQ(Shell("ninja -C build -t targets all | grep -cE '_tests:|^test:|^package:'").out, "0\n");
  const std::string ours =
      "sed -n 's/^\\([A-Za-z_0-9]*\\):\\(BOOL\\|STRING\\|PATH\\)=.*/\\1/p' build/CMakeCache.txt | grep -i "
      "'UNITY\\|SANITIZE\\|TESTS$\\|CCACHE' | grep -v '^CONVNEXT_'";
  EXPECT_EQ(Shell(ours).out, "");
}

}  // namespace
}  // namespace convnext
