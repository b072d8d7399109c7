// adapt --with_program and --source_url through the binary: a bundle that says where its program is from, and carries
// it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "paths.h"
#include "shell.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

class CliPrograms : public ShellTest {
 protected:
  CliPrograms() { Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output tiny"); }

  Outcome Adapt(const std::string& arguments) const {
    return Shell("convnext adapt --model_path tiny --batch_sizes 1 --runs 5 --warmup 1 --num_images 1 --threads 1 " +
                 arguments);
  }
  Json ReadJson(const std::string& path) const { return Json::parse(ReadText(Path(path))); }
};

// A bundle that carries the program that made it. Asked for otherwise it is reported anew, and nothing is measured.
TEST_F(CliPrograms, CarriesPrograms) {
  const std::string with =
      "--device cpu --output bundle --source_url https://me:secret@example.org/src --with_program ";
  const Outcome adapt = Adapt(with + "\"$(readlink -f \"$(command -v convnext)\")\"");
  ASSERT_EQ(adapt.exit_code, 0) << adapt.err << adapt.out;
  const Json report = Json::parse(Shell("tail -n 1 bundle/logs/run.jsonl").out)["record"];
  ASSERT_EQ(report["programs"].size(), 1U);
  const std::string path = report["programs"][0]["path"];
  EXPECT_EQ(report["programs"][0]["sha256"], report["tool"]["binary_sha256"]);
  EXPECT_EQ(Shell("bundle/" + path + " check bundle").exit_code, 0);
  for (const char* readme : {"bundle/README.md", "bundle/README.en.md"})
    EXPECT_THAT(ReadText(Path(readme)),
                AllOf(HasSubstr("| `" + path + "`"), HasSubstr("example.org/src"),
                      HasSubstr("bin/linux-$(uname -m)/convnext check ."), Not(HasSubstr("secret"))));
  const Json program = ReadJson("bundle/manifest.json")["predicate"]["configuration"][1];
  EXPECT_EQ(program["uri"], "https://***@example.org/src");
  EXPECT_EQ(program["digest"]["sha256"], report["tool"]["binary_sha256"]);
  EXPECT_EQ(program["annotations"]["commit"], report["tool"]["commit"]);

  const Outcome without = Adapt("--device cpu --output bundle");
  EXPECT_EQ(without.exit_code, 0) << without.err;
  EXPECT_THAT(without.err, AllOf(HasSubstr("performance: done before"), Not(HasSubstr("report: done before"))));
  EXPECT_FALSE(Exists("bundle/bin"));
  EXPECT_THAT(ReadText(Path("bundle/README.en.md")), HasSubstr("| not public: no address was given, commit `"));
  EXPECT_THAT(ReadText(Path("bundle/manifest.json")), HasSubstr("not public: no address was given"));
  EXPECT_EQ(Shell("convnext check bundle").exit_code, 0);
}

TEST_F(CliPrograms, ProgramsThatCannotBeCarriedAreRefusedFirst) {
  Shell("echo '#!/bin/sh' >script; mkdir dist; cp script dist/convnext-0.1.0-linux-x86_64.tar.gz");
  for (const char* programs : {"script", "nowhere", "script dist", "dist/convnext-0.1.0-linux-x86_64.tar.gz"}) {
    const Outcome outcome = Adapt(std::string("--device cpu --output bundle --with_program ") + programs);
    EXPECT_EQ(outcome.exit_code, 2) << programs << outcome.err;
    EXPECT_FALSE(Exists("bundle/logs")) << programs;
  }
}

}  // namespace
}  // namespace convnext
