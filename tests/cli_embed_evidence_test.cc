// convnext embed --evidence: what it left joins a bundle, check recomputes it, and what does not belong there is
// refused.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

constexpr const char* kEmbed = "convnext embed --threads 1 ";
constexpr const char* kAdapt =
    "convnext adapt --model_path tiny --threads 1 --device cpu --num_images 1 --batch_sizes 1 --runs 5 --warmup 1 "
    "--output bundle ";

class CliEmbedEvidence : public ShellTest {
 protected:
  CliEmbedEvidence() {
    Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --output tiny");
    Shell(
        "mkdir in && cp $GOLDEN/images/gray16_451x300.png in/a.png && echo no > in/b.jpg && cp "
        "$GOLDEN/images/one_pixel.png in/c.png");
  }
  Outcome Embed(const std::string& arguments) const {
    return Shell(kEmbed + std::string("--model_path tiny --rows_per_file 1 ") + arguments);
  }
  void ExpectPasses(const std::string& bundle) const {
    const Outcome check = Shell("convnext check " + bundle);
    EXPECT_EQ(check.exit_code, 0) << check.out;
    EXPECT_THAT(check.out, HasSubstr("pass            R11"));
  }
  Json Embedding() const { return Json::parse(ReadText(Path("bundle/results/embedding.json"))); }
};

TEST_F(CliEmbedEvidence, AFinishedRunJoinsAFinishedBundle) {
  ASSERT_EQ(Shell(kAdapt).exit_code, 0);
  EXPECT_THAT(Shell("convnext check bundle").out, HasSubstr("not applicable  R11"));
  const Outcome done = Embed("--input in --output out --evidence bundle");
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("recorded in bundle: 3 of 3 units"));
  ExpectPasses("bundle");
  const Json json = Embedding();
  EXPECT_EQ(json["complete"], true);
  EXPECT_EQ(json["rows"], 2);
  EXPECT_EQ(json["failures"], (Json{{"picture.unknown_format", 1}}));
  EXPECT_EQ(json["this_process"]["pictures"], 3);
  EXPECT_EQ(json["this_process"]["pictures_per_sec"].get<double>(), 3 / json["this_process"]["seconds"].get<double>());
  EXPECT_THAT(Shell("sha256sum out/plan.json").out, HasSubstr(json["plan_sha256"].get<std::string>()));
  const std::string units = ReadText(Path("bundle/logs/embedding_units.jsonl"));
  for (const char* name : {"00000", "00001", "00002"}) {
    const std::string line = Shell(std::string("sha256sum out/units/") + name + ".json").out;
    EXPECT_THAT(units, HasSubstr("\"commit_sha256\":\"" + line.substr(0, 64) + "\"")) << name;
  }
  EXPECT_THAT(ReadText(Path("bundle/README.en.md")), HasSubstr("\n## Many pictures\n"));
  EXPECT_THAT(ReadText(Path("bundle/README.md")), HasSubstr("\n## 大批量图片\n"));
  // The same adapt finds its phases done, and the embedding stays.
  EXPECT_THAT(Shell(kAdapt).err, HasSubstr("report: done before"));
}

TEST_F(CliEmbedEvidence, VerifyHoldsTheOutputAgainstTheEvidence) {
  ASSERT_EQ(Embed("--input in --output out --evidence run").exit_code, 0);
  const Outcome same = Shell("convnext embed --verify out --evidence run");
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("its units are those of the evidence"));
  ASSERT_EQ(Embed("--input in --store float16 --output other").exit_code, 0);
  EXPECT_THAT(Shell("convnext embed --verify other --evidence run").err, HasSubstr("its plan.json has the sha256"));
  // One failure less, as when a picture was mended: the directory is whole, but another one.
  Shell("cp in/a.png in/b.jpg");
  ASSERT_EQ(Embed("--output out --retry_failed").exit_code, 0);
  const Outcome changed = Shell("convnext embed --verify out --evidence run");
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.err, HasSubstr("unit 1: its commit has the sha256"));
  EXPECT_EQ(Shell("convnext embed --verify out").exit_code, 0);
}

// A run that was stopped is recorded as what it is; a further record replaces it.
TEST_F(CliEmbedEvidence, AnInterruptedRunSaysSo) {
  ASSERT_EQ(Shell(kAdapt).exit_code, 0);
  const Outcome stopped = Embed("--input in --output out --max_failures 0 --evidence bundle");
  EXPECT_EQ(stopped.exit_code, 2);
  EXPECT_THAT(stopped.out, HasSubstr("recorded in bundle: 1 of 3 units"));
  ExpectPasses("bundle");
  EXPECT_EQ(Embedding()["complete"], false);
  EXPECT_THAT(ReadText(Path("bundle/README.en.md")), HasSubstr("**INCOMPLETE: units of its plan were left"));
  EXPECT_THAT(ReadText(Path("bundle/logs/embedding.log")), HasSubstr("Units: 1 of 3 (INCOMPLETE: units are left)"));
  ASSERT_EQ(Embed("--output out --evidence bundle").exit_code, 0);
  ExpectPasses("bundle");
  EXPECT_EQ(Embedding()["complete"], true);
  EXPECT_EQ(Embedding()["this_process"]["pictures"], 2);
  EXPECT_THAT(Shell("convnext check bundle").out, HasSubstr("embedding was run more than once; the last run counts"));
}

// The second picture is a pipe that nobody writes to.
TEST_F(CliEmbedEvidence, SigtermLeavesARecord) {
  ASSERT_EQ(Shell(kAdapt).exit_code, 0);
  Shell("mkfifo pipe.jpg && printf 'in/a.png\\npipe.jpg\\nin/c.png\\n' > list.txt");
  const Outcome stopped = Shell(
      kEmbed + std::string("--model_path tiny --rows_per_file 1 --input list.txt --output out --evidence bundle & ") +
      "process=$!; until ls out/log/* > ls.txt 2>&1; do sleep 0.05; done; kill -TERM $process; wait $process");
  EXPECT_EQ(stopped.exit_code, 5) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr(" of 3 units"));
  ExpectPasses("bundle");
  EXPECT_EQ(Embedding()["complete"], false);
}

TEST_F(CliEmbedEvidence, ABundleOfSomethingElseIsRefusedBeforeAnythingIsWritten) {
  ASSERT_EQ(Shell(kAdapt).exit_code, 0);
  Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 7 --output other");
  const std::string before = Shell("cd bundle && find . -type f | sort | xargs sha256sum").out;
  const Outcome other = Shell(kEmbed + std::string("--model_path other --input in --output out --evidence bundle"));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, AllOf(HasSubstr("bundle: its evidence is of something else"), HasSubstr("weights_sha256: "),
                               HasSubstr(" there, "), HasSubstr(" here\n")));
  EXPECT_THAT(Embed("--dtype bfloat16 --input in --output out --evidence bundle").err,
              HasSubstr("dtype: float32 there, bfloat16 here"));
  EXPECT_FALSE(Exists("out"));
  EXPECT_THAT(Embed("--input in --output bundle/out --evidence bundle").err, HasSubstr("as bundle/run/embedded"));
  EXPECT_EQ(Shell("cd bundle && find . -type f | sort | xargs sha256sum").out, before);
}

TEST_F(CliEmbedEvidence, ADirectoryThatCannotBeWrittenIsFoundBeforeTheWork) {
  for (const char* directory : {"/proc/run", "in/a.png", "in/a.png/run"}) {
    const Outcome refused = Embed(std::string("--input in --output out --evidence ") + directory);
    EXPECT_THAT(refused.exit_code, testing::AnyOf(2, 4)) << directory << refused.err;
    EXPECT_FALSE(Exists("out")) << directory;
  }
  for (const char* other : {"--plan_only", "--dry_run", "--status out"})
    EXPECT_EQ(Embed(std::string("--input in --output out --evidence run ") + other).exit_code, 2) << other;
  EXPECT_FALSE(Exists("run"));
}

// Whatever came first: the pieces are the same.
TEST_F(CliEmbedEvidence, ItIsAPieceOfAReport) {
  const std::string common = " --model_path tiny --threads 1 ";
  ASSERT_EQ(Embed("--input in --output out --evidence run").exit_code, 0);
  for (const std::string& command :
       {std::string("convnext env --output run --model_path tiny"),
        "convnext eval accuracy --num_images 1 --image_path in/a.png --output run" + common,
        "convnext infer --image_path in/a.png --batch_size 1 --evidence run" + common,
        "convnext eval performance --num_images 1 --image_path in/a.png --batch_sizes 1 --runs 5 --output run" + common,
        std::string("convnext report --input run --output bundle")}) {
    const Outcome outcome = Shell(command);
    EXPECT_EQ(outcome.exit_code, 0) << command << outcome.err;
  }
  EXPECT_EQ(Embedding()["rows"], 2);
  EXPECT_THAT(Shell("convnext check bundle").out, AllOf(HasSubstr("pass            R11"), Not(HasSubstr("fail   "))));
}

}  // namespace
}  // namespace convnext
