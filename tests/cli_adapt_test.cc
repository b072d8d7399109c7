// adapt, eval, report and check through the binary, on a small model.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "paths.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

constexpr const char* kFast = " --batch_sizes 1,2 --runs 5 --warmup 1 --num_images 2 --threads 1 ";

class CliAdapt : public ShellTest {
 protected:
  CliAdapt() { Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output tiny"); }

  Outcome Adapt(const std::string& arguments) const {
    return Shell("convnext adapt --model_path tiny" + std::string(kFast) + arguments);
  }
  Json ReadJson(const std::string& path) const { return Json::parse(ReadText(Path(path))); }
  // The names of the rules that fail.
  std::string FailedRules(const std::string& bundle) const {
    std::string failed;
    const Json report = Json::parse(Shell("convnext check --json " + bundle).out);
    for (const Json& rule : report["rules"]) {
      if (rule["outcome"] == "fail" || rule["outcome"] == "not checked") failed += rule["id"].get<std::string>() + " ";
    }
    return failed;
  }
};

TEST_F(CliAdapt, CpuBundlePassesItsCheck) {
  const Outcome adapt = Adapt("--device cpu --output bundle");
  ASSERT_EQ(adapt.exit_code, 0) << adapt.err << adapt.out;
  EXPECT_THAT(adapt.out, AllOf(HasSubstr("PASS: 0 of"), HasSubstr("accuracy PASS"), HasSubstr("bundle/README.md")));
  EXPECT_THAT(adapt.out + adapt.err, AllOf(Not(HasSubstr("\033")), Not(HasSubstr("\r"))));
  const Outcome check = Shell("convnext check bundle");
  EXPECT_EQ(check.exit_code, 0) << check.out;
  const Outcome rerun = Shell("convnext check bundle --rerun --model_path tiny --json");
  EXPECT_EQ(rerun.exit_code, 0) << rerun.out;
  EXPECT_EQ(Json::parse(rerun.out)["rules"].back()["id"], "X1");
  EXPECT_EQ(Json::parse(rerun.out)["rules"].back()["outcome"], "pass");
  EXPECT_THAT(ReadText(Path("bundle/README.md")),
              AllOf(HasSubstr("\nhardware: NPU\n"), HasSubstr("npu.driver.missing")));
  EXPECT_THAT(ReadText(Path("bundle/README.en.md")), HasSubstr("ynthetic"));
}

TEST_F(CliAdapt, RerunWithOtherWeightsFails) {
  ASSERT_EQ(Adapt("--device cpu --output bundle").exit_code, 0);
  Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 2 --output other");
  const Outcome rerun = Shell("convnext check bundle --rerun --model_path other");
  EXPECT_EQ(rerun.exit_code, 1);
  EXPECT_THAT(rerun.out, HasSubstr("other weights"));
}

// Of the reasons the Chinese README has no English, before it quotes the documents in full.
void ExpectChineseReasons(const std::string& readme, const Json& reasons) {
  const std::string report = readme.substr(0, readme.find("## 数据来源"));
  ASSERT_LT(report.size(), readme.size());
  for (const Json& reason : reasons) {
    EXPECT_THAT(report, HasSubstr("| `" + reason["code"].get<std::string>() + "` |"));
    for (const char* field : {"symptom", "cause", "advice"}) {
      const std::string text = reason[field];
      EXPECT_THAT(report, Not(HasSubstr(text.substr(0, std::min(text.find_first_of("*_~"), size_t{40})))));
    }
  }
  EXPECT_THAT(report, AllOf(HasSubstr("| 没有 /dev/davinci"), HasSubstr("安装昇腾驱动和固件后重启")));
}

TEST_F(CliAdapt, BlockedNpuGivesACompleteBundleAndExitThree) {
  const Outcome adapt = Adapt("--device npu --output bundle");
  EXPECT_EQ(adapt.exit_code, 3) << adapt.err << adapt.out;
  EXPECT_THAT(adapt.out, AllOf(HasSubstr("NPU blocked, npu."), HasSubstr("every number in the bundle is the CPU's")));
  EXPECT_EQ(Shell("convnext check bundle").exit_code, 0);
  const Json environment = ReadJson("bundle/results/env_info.json");
  EXPECT_EQ(environment["npu_available"], false);
  EXPECT_TRUE(environment["npu_name"].is_null());
  EXPECT_GE(environment["blocking_reasons"].size(), 2U);
  ExpectChineseReasons(ReadText(Path("bundle/README.md")), environment["blocking_reasons"]);
  EXPECT_EQ(ReadJson("bundle/results/accuracy_eval.json")["test_device"], "cpu");
  EXPECT_EQ(ReadJson("bundle/results/performance_eval.json")["device"], "cpu");
  EXPECT_EQ(ReadJson("bundle/logs/inference.json")["device"], "cpu");
}

TEST_F(CliAdapt, NamesNeitherHostNorHome) {
  ASSERT_EQ(Adapt("--device cpu --output bundle").exit_code, 0);
  const std::string host = Shell("uname -n").out;
  const std::string name = host.substr(0, host.find('\n'));
  EXPECT_EQ(Shell("grep -rlF -e \"$HOME/\" -e '" + Path("tiny") + "' bundle").out, "");
  if (name.size() > 5) {
    EXPECT_EQ(Shell("grep -rlwF '" + name + "' bundle").out, "") << name;
  }
}

TEST_F(CliAdapt, UsersPicturesAreKept) {
  ASSERT_EQ(Adapt("--device cpu --output bundle --image_path $GOLDEN/images/coffee_301x200_progressive.jpg").exit_code,
            0);
  EXPECT_EQ(Shell("cmp bundle/raw/images/01_coffee_301x200_progressive.jpg "
                  "$GOLDEN/images/coffee_301x200_progressive.jpg")
                .exit_code,
            0);
  EXPECT_TRUE(Exists("bundle/raw/images/02_test_image.png"));
  EXPECT_THAT(ReadText(Path("bundle/logs/accuracy_eval.log")),
              HasSubstr("\nCreated 1 test images\nRead 1 picture\nLoading"));
}

// A log says what was done: nothing is created where all pictures are given.
TEST_F(CliAdapt, GivenPicturesAreNotCreated) {
  Shell(
      "convnext eval accuracy --model_path tiny --num_images 1 --image_path "
      "$GOLDEN/images/coffee_301x200_progressive.jpg");
  EXPECT_THAT(ReadText(Path("logs/accuracy_eval.log")),
              AllOf(HasSubstr("\nRead 1 picture\n"), Not(HasSubstr("Created"))));
}

TEST_F(CliAdapt, TurnedPicturesAreRecordedAndChecked) {
  const std::string arguments =
      "--device cpu --output bundle --image_path $GOLDEN/images/exif_orientation6_640x427.jpg";
  const Outcome adapt = Adapt(arguments + " --exif_orientation apply");
  ASSERT_EQ(adapt.exit_code, 0) << adapt.err << adapt.out;
  const Json results = ReadJson("bundle/results/accuracy_eval.json")["per_image_results"];
  EXPECT_EQ(results[0]["exif_orientation_applied"], 6);
  EXPECT_FALSE(results[1].contains("exif_orientation_applied"));
  EXPECT_EQ(Shell("convnext check bundle --rerun --model_path tiny").exit_code, 0);
  EXPECT_NE(Adapt(arguments).exit_code, 0);  // which is another job
}

TEST_F(CliAdapt, AnInterruptedRunGoesOn) {
  int interrupted = 0;
  for (const char* seconds : {"0.03", "0.06", "0.1", "0.15", "0.2", "0.3", "0.4"}) {
    const Outcome outcome = Shell("timeout --foreground -s TERM " + std::string(seconds) +
                                  " convnext adapt --model_path tiny" + kFast + "--device cpu --output bundle");
    interrupted += outcome.exit_code == 124;
    EXPECT_EQ(Shell("find bundle -name '*.tmp'").out, "");
    if (outcome.exit_code != 124) break;
  }
  EXPECT_GE(interrupted, 1);
  const Outcome last = Exists("bundle/manifest.json") ? Outcome{0, "", ""} : Adapt("--device cpu --output bundle");
  EXPECT_EQ(last.exit_code, 0) << last.err << last.out;
  EXPECT_EQ(FailedRules("bundle"), "");
}

TEST_F(CliAdapt, PhasesThatAreDoneAreNotRepeated) {
  ASSERT_EQ(Adapt("--device cpu --output bundle").exit_code, 0);
  Shell("rm bundle/manifest.json");
  const Outcome again = Adapt("--device cpu --output bundle");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, AllOf(HasSubstr("accuracy: done before"), HasSubstr("performance: done before")));
  Shell("rm bundle/manifest.json bundle/raw/performance.npy");
  const Outcome third = Adapt("--device cpu --output bundle");
  EXPECT_EQ(third.exit_code, 0) << third.err;
  EXPECT_THAT(third.err, AllOf(HasSubstr("accuracy: done before"), Not(HasSubstr("performance: done before"))));
  EXPECT_EQ(FailedRules("bundle"), "");
}

// Whatever a finished bundle lost comes back; only what is raw is measured again.
TEST_F(CliAdapt, WhatABundleLostComesBack) {
  ASSERT_EQ(Adapt("--device cpu --output bundle").exit_code, 0);
  const std::string temporary = "bundle/raw/images/.convnext-0123456789abcdef.tmp";
  Shell(
      "cd bundle && rm README.md logs/inference.log raw/images/01_test_image.png raw/accuracy_test.npy && "
      "truncate -s -9 results/env_info.json && sed -i 's/$/\\r/' README.en.md");
  Shell("echo half > " + temporary);
  EXPECT_THAT(Shell("convnext check bundle").out,
              HasSubstr("abcdef.tmp is not listed in manifest.json: a convnext that"));
  const Outcome again = Adapt("--device cpu --output bundle");
  EXPECT_EQ(again.exit_code, 0) << again.err << again.out;
  EXPECT_THAT(again.err, AllOf(HasSubstr("environment: done before"), HasSubstr("inference: done before"),
                               Not(HasSubstr("accuracy: done before")), HasSubstr("performance: done before")));
  EXPECT_FALSE(Exists(temporary));
  EXPECT_EQ(FailedRules("bundle"), "");
}

TEST_F(CliAdapt, WhatIsThereIsNotOverwritten) {
  ASSERT_EQ(Adapt("--device cpu --output bundle").exit_code, 0);
  const std::string before = Shell("cd bundle && find . -type f | sort | xargs sha256sum").out;
  const Outcome again = Adapt("--device cpu --output bundle");
  EXPECT_EQ(again.exit_code, 0);  // it is checked again
  EXPECT_THAT(again.err, AllOf(HasSubstr("report: done before"), HasSubstr("check")));
  const Outcome other = Adapt("--device cpu --output bundle --min_time 0.01");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, AllOf(HasSubstr("another run"), HasSubstr("--force")));
  EXPECT_EQ(Shell("cd bundle && find . -type f | sort | xargs sha256sum").out, before);
  Shell("mkdir bundle/.git && touch bundle/.git/HEAD");
  EXPECT_EQ(Adapt("--device cpu --output bundle --min_time 0.01 --force").exit_code, 0);
  EXPECT_TRUE(Exists("bundle/.git/HEAD"));
  EXPECT_EQ(FailedRules("bundle"), "");
}

TEST_F(CliAdapt, AForeignDirectoryIsNotTouched) {
  Shell("mkdir -p home && echo precious > home/README.md");
  for (const char* arguments : {"home", "home --force"}) {
    const Outcome outcome = Adapt(std::string("--device cpu --output ") + arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("not a bundle"));
  }
  EXPECT_EQ(Shell("find home -type f | xargs cat").out, "precious\n");
  // An evaluation leaves a run log in any directory; that does not make it a bundle.
  EXPECT_EQ(Shell("convnext env --output home").exit_code, 0);
  EXPECT_EQ(Adapt("--device cpu --output home --force").exit_code, 2);
  EXPECT_EQ(Shell("convnext report --input home --output home").exit_code, 2);
  EXPECT_EQ(ReadText(Path("home/README.md")), "precious\n");
}

TEST_F(CliAdapt, BadInputIsFoundBeforeAnythingIsWritten) {
  Shell("echo no picture > bad.png");
  for (const char* url : {"--source_url '/home/me/src'", "--repository_url 'https://a b'", "--source_url certified"}) {
    const Outcome outcome = Adapt(std::string("--device cpu --output bundle ") + url);
    EXPECT_EQ(outcome.exit_code, 2) << url;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("_url"), HasSubstr("https://")));
    EXPECT_FALSE(Exists("bundle")) << url;
  }
  for (const char* arguments : {"--image_path bad.png", "--device cpu-reference", "--min_time 0 --dtype int8"}) {
    EXPECT_EQ(Adapt(std::string("--output bundle ") + arguments).exit_code, 2) << arguments;
    EXPECT_FALSE(Exists("bundle")) << arguments;
  }
  EXPECT_EQ(Shell("convnext adapt --model_path tiny --device cpu --runs 2 --output bundle").exit_code, 2);
  EXPECT_EQ(Shell("convnext adapt --model_path tiny --device cpu --batch_sizes 1,1 --output bundle").exit_code, 2);
  EXPECT_FALSE(Exists("bundle"));
}

TEST_F(CliAdapt, AFullDiskLeavesNoHalfFile) {
  // A file size limit is a full disk that needs no disk: the pictures do not fit.
  const Outcome full =
      Shell("ulimit -f 60; convnext adapt --model_path tiny" + std::string(kFast) + "--device cpu --output bundle");
  EXPECT_EQ(full.exit_code, 4) << full.err;
  EXPECT_EQ(Shell("find bundle -type f -size -1c").out, "");
  EXPECT_EQ(Adapt("--device cpu --output bundle").exit_code, 0);
  EXPECT_EQ(FailedRules("bundle"), "");
  EXPECT_EQ(Adapt("--device cpu --output /proc/bundle").exit_code, 4);
}

TEST_F(CliAdapt, PhaseByPhaseIsTheSameBundle) {
  const std::string common = " --model_path tiny --threads 1 ";
  for (const std::string& command :
       {std::string("convnext env --output run --model_path tiny"),
        "convnext eval accuracy --num_images 2 --output run" + common,
        "convnext eval performance --num_images 2 --batch_sizes 1,2 --runs 5 --output run" + common}) {
    const Outcome outcome = Shell(command);
    EXPECT_EQ(outcome.exit_code, 0) << command << outcome.err;
  }
  const Outcome early = Shell("convnext report --input run --output bundle");
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_THAT(early.err, HasSubstr("inference"));
  EXPECT_EQ(Shell("convnext infer --image_path run/raw/images/01_test_image.png --batch_size 1 --evidence run" + common)
                .exit_code,
            0);
  const Outcome report = Shell(
      "convnext report --input run --output bundle --repository_url https://a:b@example.org/r "
      "--with_program \"$(readlink -f \"$(command -v convnext)\")\"");
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(ReadText(Path("bundle/README.md")),
              AllOf(HasSubstr("example.org/r"), HasSubstr("| `bin/linux-"), Not(HasSubstr("a:b@"))));

  EXPECT_EQ(FailedRules("bundle"), "S7 ");  // copied, the picture has another name
}

TEST_F(CliAdapt, AFailedVerdictStillWritesEverything) {
  const Outcome outcome = Shell("convnext eval accuracy --model_path tiny --num_images 1 --threshold_pct 1e-9");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Verdict: FAIL"), HasSubstr("All pass (< 1%): False")));
  const Json json = ReadJson("results/accuracy_eval.json");
  EXPECT_EQ(json["all_pass_lt_1pct"], false);
  EXPECT_EQ(json["failures"].size(), 1U);
  EXPECT_TRUE(Exists("logs/accuracy_eval.log") && Exists("raw/accuracy_test.npy") && Exists("logs/run.jsonl"));
}

TEST_F(CliAdapt, AccuracyFieldsFollowTheReference) {
  ASSERT_EQ(Shell("convnext eval accuracy --model_path tiny --num_images 2 --explain").exit_code, 0);
  const Json ours = ReadJson("results/accuracy_eval.json");
  const Json theirs =
      Json::parse(ReadText(std::string(kSourceDirectory) + "/tests/data/reference_bundle/results/accuracy_eval.json"));
  auto place = ours.begin();
  for (const auto& [name, value] : theirs.items()) {
    EXPECT_EQ(place.key(), name);
    EXPECT_TRUE(place->type() == value.type() || place->is_number() || place->is_null()) << name;
    ++place;
  }
  place = ours["per_image_results"][0].begin();
  for (const auto& [name, value] : theirs["per_image_results"][0].items()) EXPECT_EQ((place++).key(), name);
  EXPECT_EQ(ours["drift"]["stages"].size(), 6U);
  EXPECT_EQ(ours["reference_device"], "cpu") << "the reference's word";
  EXPECT_EQ(ours["reference_implementation"], "cpu-reference");
  for (const char* field : {"reference_device", "reference_implementation"})
    EXPECT_TRUE(ours["definitions"].contains(field));
  EXPECT_THAT(ReadText(Path("logs/accuracy_eval.log")), HasSubstr("Drift grows most at: "));
}

TEST_F(CliAdapt, PerformanceFieldsFollowTheReference) {
  ASSERT_EQ(Shell("convnext eval performance --model_path tiny --num_images 2 --batch_sizes 1,4 --runs 3").exit_code,
            0);
  const Json ours = ReadJson("results/performance_eval.json");
  const Json theirs = Json::parse(
      ReadText(std::string(kSourceDirectory) + "/tests/data/reference_bundle/results/performance_eval.json"));
  auto place = ours.begin();
  for (const auto& [name, value] : theirs.items()) EXPECT_EQ((place++).key(), name);
  place = ours["per_batch_results"]["bs4"].begin();
  for (const auto& [name, value] : theirs["per_batch_results"]["bs4"].items()) EXPECT_EQ((place++).key(), name);
  const Json& batch = ours["per_batch_results"]["bs4"];
  EXPECT_NEAR(batch["throughput_img_per_sec"].get<double>() * batch["avg_time_sec"].get<double>(), 4, 1e-9);
  EXPECT_EQ(batch["times_ns"].size(), 3U);
  EXPECT_EQ(batch["num_runs"], 3);
  EXPECT_EQ(batch["warmup"], 3);
  EXPECT_GT(ours["memory_before"]["total_mb"], 100);
}

// The lines of a log with its numbers taken out.
std::vector<std::string> Shapes(const std::string& log) {
  std::vector<std::string> shapes;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const size_t end = line.find_first_of("0123456789");
    shapes.push_back(line.substr(0, end));
  }
  return shapes;
}

TEST_F(CliAdapt, LogsFollowTheReferenceLineForLine) {
  ASSERT_EQ(Shell("convnext adapt --model_path tiny --device cpu --output bundle --runs 5").exit_code, 0);
  for (const char* name : {"accuracy_eval.log", "performance_eval.log"}) {
    const auto ours = Shapes(ReadText(Path("bundle/logs/" + std::string(name))));
    const auto theirs = Shapes(ReadText(std::string(kSourceDirectory) + "/tests/data/reference_bundle/logs/" + name));
    ASSERT_GE(ours.size(), theirs.size());
    for (size_t i = 0; i < theirs.size(); ++i) {
      // Where a device or its name stands, another one does.
      const bool names_device = theirs[i].starts_with("NPU") || theirs[i].starts_with("Loading model on") || i == 0;
      if (!names_device) {
        EXPECT_EQ(ours[i].substr(0, theirs[i].size()), theirs[i]) << name << " line " << i + 1;
      }
    }
  }
}

TEST_F(CliAdapt, WrongUse) {
  for (const auto& [command, message] : std::vector<std::pair<std::string, std::string>>{
           {"convnext check nowhere", "not a directory"},
           {"mkdir -p none; convnext check none", "no files"},
           {"convnext eval accuracy --model_path tiny --threshold_pct 2", "tightened"},
           {"convnext eval accuracy --model_path tiny --reference cpu", "with itself"},
           {"convnext eval accuracy --model_path tiny --reference none.npy", "none.json"},
           {"convnext eval accuracy --model_path tiny --reference gpu", "cpu-reference, cpu or FILE.npy"},
           {"convnext eval performance --model_path tiny --batch_sizes 4,4", "twice"},
           {"convnext eval performance --model_path tiny --batch_sizes 0", "batch_sizes"},
           {"convnext eval accuracy --model_path tiny --image_path nowhere.jpg", "nowhere.jpg"},
           {"convnext report --input none --output bundle", "run.jsonl"},
           {"convnext adapt --model_path tiny", "--output"}}) {
    const Outcome outcome = Shell(command);
    EXPECT_EQ(outcome.exit_code, 2) << command << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(message)) << command;
  }
  EXPECT_EQ(Shell("convnext eval accuracy --model_path tiny --device npu").exit_code, 3);
  EXPECT_EQ(Shell("ls").out, "none\ntiny\n");
}

TEST_F(CliAdapt, HostileBundles) {
  ASSERT_EQ(Adapt("--device cpu --output bundle").exit_code, 0);
  Shell("ln -s /etc/passwd bundle/raw/passwd");
  EXPECT_THAT(FailedRules("bundle"), HasSubstr("I5"));
  Shell("rm bundle/raw/passwd; mkfifo bundle/raw/pipe");
  EXPECT_THAT(FailedRules("bundle"), HasSubstr("I5"));
  Shell("rm bundle/raw/pipe; truncate -s 100M bundle/raw/huge.npy");
  EXPECT_THAT(FailedRules("bundle"), HasSubstr("I5"));
  Shell("rm bundle/raw/huge.npy; ln -s raw bundle/loop");
  EXPECT_THAT(FailedRules("bundle"), HasSubstr("I5"));
  Shell("rm bundle/loop");
  EXPECT_EQ(FailedRules("bundle"), "");
}

}  // namespace
}  // namespace convnext
