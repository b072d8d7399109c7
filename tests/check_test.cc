// Every rule of `convnext check`, each against at least three bundles that were damaged in just its way and repaired as
// a forger would: it must fail, and no other rule. Unrepaired, the damage must show in the digests.
// --gtest_filter='OneOfEachRule*:Check.*' runs one mutation for each rule.
#include <sys/stat.h>

#include "bundle_fixture.h"
#include "forged_pictures.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A change to files that are derived (documents, READMEs, pictures), which leaves the raw data alone.
struct Edit {
  const char* rule;
  const char* name;
  void (*change)(Files& bundle);
  // The digests are left as they are: the damage is in the digests themselves.
  bool keep_digests = false;
};

void PrintTo(const Edit& edit, std::ostream* out) { *out << edit.rule << " " << edit.name; }

// Changes the last digit of the number that follows `label`.
void NudgeLastDigit(std::string& text, const std::string& label) {
  const size_t begin = text.find(label);
  ASSERT_NE(begin, std::string::npos) << label;
  size_t end = text.find_first_of("0123456789", begin + label.size());
  while (end < text.size() && std::string("0123456789.").find(text[end]) != std::string::npos) ++end;
  char& digit = text[text[end - 1] == '.' ? end - 2 : end - 1];
  digit = digit == '9' ? '8' : static_cast<char>(digit + 1);
}

// Puts another run digest into a README.
void ChangeDigest(Files& bundle, const char* path, const std::string& digest) {
  const std::string label = "run digest: sha256:";
  const size_t at = bundle[path].find(label);
  ASSERT_NE(at, std::string::npos);
  bundle[path].replace(at + label.size(), digest.size(), digest);
  RepairManifest(bundle);
}

Json ReadManifest(const Files& bundle) { return Json::parse(bundle.at(kManifestPath)); }
void WriteManifest(Files& bundle, const Json& manifest) { bundle[kManifestPath] = manifest.dump(2) + "\n"; }

void ChangeManifest(Files& bundle, void (*change)(Json& manifest)) {
  Json manifest = ReadManifest(bundle);
  change(manifest);
  WriteManifest(bundle, manifest);
}

std::string RecolouredPng(const std::string& png) {
  const auto pixels = ValueOrThrow(DecodeImage(BytesOf(png))).pixels;
  Picture other;
  other.title = fmt::format("{}x{}", pixels.width, pixels.height);
  return ValueOrThrow(RenderPicture(other));
}

// The run log with its last line spelled otherwise.
void RespellRunLog(Files& bundle, const std::string& from, const std::string& to) {
  std::string text = bundle.at(kRunLogPath);
  const size_t at = text.rfind(from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, from.size(), to);
  ReplaceRunLog(bundle, ValueOrThrow(RunLog::Parse(text)));
}

// Adds a file that the run log calls a picture given to adapt.
void AddPicture(Files& bundle, const std::string& path, const std::string& bytes) {
  bundle[path] = bytes;
  RunLog log;
  for (const RunLogEntry& entry : Entries(bundle)) {
    auto outputs = entry.outputs;
    if (entry.event == "adapt") outputs[path] = DigestOf(bytes);
    log.Append(entry.event, entry.record, outputs);
  }
  ReplaceRunLog(bundle, log);
}

// Gives an array's header more room, all blanks.
std::string WithBlanks(const std::string& npy) {
  std::string wide = npy;
  const size_t length = static_cast<uint8_t>(npy[8]) + 256 * static_cast<size_t>(static_cast<uint8_t>(npy[9]));
  wide.insert(10 + length - 1, 64, ' ');
  wide[8] = static_cast<char>((length + 64) % 256);
  wide[9] = static_cast<char>((length + 64) / 256);
  return wide;
}

const Edit kEdits[] = {
    {"I1", "AFileMore",
     [](Files& b) {
       ChangeManifest(b, [](Json& m) {
         for (size_t i = 0; i < m["subject"].size(); ++i) {
           if (m["subject"][i]["name"] == "README.en.md") m["subject"].erase(i);
         }
       });
     },
     true},
    {"I1", "AFileLess",
     [](Files& b) {
       ChangeManifest(b, [](Json& m) {
         m["subject"].push_back({{"name", "raw/gone.npy"}, {"digest", {{"sha256", std::string(64, '0')}}}});
       });
     },
     true},
    {"I1", "AnotherStatement",
     [](Files& b) { ChangeManifest(b, [](Json& m) { m["subject"].push_back(m["subject"][0]); }); }, true},
    {"I2", "AnotherDigest",
     [](Files& b) { ChangeManifest(b, [](Json& m) { m["subject"][4]["digest"]["sha256"] = std::string(64, '0'); }); },
     true},
    {"I2", "AnEmptyDigest",
     [](Files& b) { ChangeManifest(b, [](Json& m) { m["subject"][3]["digest"]["sha256"] = ""; }); }, true},
    {"I2", "TwoDigestsSwapped",
     [](Files& b) {
       ChangeManifest(b, [](Json& m) { std::swap(m["subject"][1]["digest"], m["subject"][2]["digest"]); });
     },
     true},
    {"I3", "AnotherDigestInReadme", [](Files& b) { ChangeDigest(b, "README.md", std::string(64, 'a')); }, true},
    {"I3", "AnotherDigestInEnglish", [](Files& b) { ChangeDigest(b, "README.en.md", std::string(64, '0')); }, true},
    {"I3", "DigestOfAnEarlierLine", [](Files& b) { ChangeDigest(b, "README.md", Entries(b)[1].digest); }, true},
    {"I5", "PathOutsideInManifest",
     [](Files& b) {
       ChangeManifest(b, [](Json& m) {
         m["subject"].push_back({{"name", "../../etc/passwd"}, {"digest", {{"sha256", std::string(64, '0')}}}});
       });
     },
     true},
    {"I5", "AbsolutePathInManifest",
     [](Files& b) {
       ChangeManifest(b, [](Json& m) {
         m["subject"].push_back({{"name", "/etc/passwd"}, {"digest", {{"sha256", std::string(64, '0')}}}});
       });
     },
     true},
    {"I5", "PathOutsideInRunLog",
     [](Files& b) {
       RunLog log;
       for (const RunLogEntry& entry : Entries(b)) {
         auto outputs = entry.outputs;
         if (entry.event == "adapt") outputs["raw/../../x"] = std::string(64, '0');
         log.Append(entry.event, entry.record, outputs);
       }
       ReplaceRunLog(b, log);
     },
     true},
    {"I6", "LinesSwapped",
     [](Files& b) {
       const size_t first = b[kRunLogPath].find('\n') + 1, second = b[kRunLogPath].find('\n', first) + 1;
       const size_t third = b[kRunLogPath].find('\n', second) + 1;
       const std::string line = b[kRunLogPath].substr(first, second - first);
       b[kRunLogPath].erase(first, second - first).insert(third - line.size(), line);
       RepairManifest(b);
     },
     true},
    {"I6", "LinePutIn",
     [](Files& b) {
       b[kRunLogPath].insert(0, b[kRunLogPath].substr(0, b[kRunLogPath].find('\n') + 1));
       RepairManifest(b);
     },
     true},
    {"I6", "LineChanged",
     [](Files& b) {
       Replace(b[kRunLogPath], "\"runs\":1,", "\"runs\":2,");
       RepairManifest(b);
     },
     true},
    {"I7", "OutputLeftOut",
     [](Files& b) {
       RunLog log;
       for (const RunLogEntry& entry : Entries(b)) {
         auto outputs = entry.outputs;
         outputs.erase("assets/env_check.png");
         log.Append(entry.event, entry.record, outputs);
       }
       ReplaceRunLog(b, log);
     },
     true},
    {"I7", "OutputDigestChanged",
     [](Files& b) {
       RunLog log;
       for (const RunLogEntry& entry : Entries(b)) {
         auto outputs = entry.outputs;
         if (entry.event == "report") outputs["inference.py"] = std::string(64, '0');
         log.Append(entry.event, entry.record, outputs);
       }
       ReplaceRunLog(b, log);
     },
     true},
    {"I7", "WrittenByAnotherPhase",
     [](Files& b) {
       RunLog log;
       for (const RunLogEntry& entry : Entries(b)) {
         auto outputs = entry.outputs;
         if (entry.event == "environment") outputs["raw/inference.npy"] = DigestOf(b.at("raw/inference.npy"));
         log.Append(entry.event, entry.record, outputs);
       }
       ReplaceRunLog(b, log);
     },
     true},
    {"P5", "AScriptAmongThePictures", [](Files& b) { AddPicture(b, "raw/images/99_more.sh", "#!/bin/sh\n"); }, true},
    {"P5", "APictureOfNoEvaluation",
     [](Files& b) { AddPicture(b, "raw/images/99_more.png", b.at("raw/images/01_test_image.png")); }, true},
    {"P5", "BlanksInTheRunLog", [](Files& b) { RespellRunLog(b, "\"sequence\":", "\"sequence\":  "); }, true},
    {"P5", "DigitsThatSayNothing",
     [](Files& b) { RespellRunLog(b, "\"event\":\"report\"", "\"event\":\"\\u0072eport\""); }, true},
    {"P5", "BlanksInAnArray", [](Files& b) { b["raw/inference.npy"] = WithBlanks(b["raw/inference.npy"]); }},
    {"F1", "LauncherMissing", [](Files& b) { b.erase("inference.py"); }},
    {"F1", "PictureMissing", [](Files& b) { b.erase("assets/env_check.png"); }},
    {"F1", "RequirementsMissing", [](Files& b) { b.erase("requirements.txt"); }},
    {"F2", "HardwareCpu", [](Files& b) { Replace(b["README.md"], "hardware: NPU", "hardware: CPU"); }},
    {"F2", "HardwareAList", [](Files& b) { Replace(b["README.md"], "hardware: NPU", "hardware: [NPU]"); }},
    {"F2", "HardwareTwice",
     [](Files& b) { Replace(b["README.en.md"], "hardware: NPU\n", "hardware: NPU\nhardware: NPU\n"); }},
    {"F2", "TagMissing", [](Files& b) { Replace(b["README.md"], "- ascend-npu\n", "- ascend\n"); }},
    {"F2", "MetricNudged", [](Files& b) { NudgeLastDigit(b["README.md"], "value: "); }},
    {"F3", "LauncherPrintsNumbers", [](Files& b) { b["inference.py"] += "print('133.22 img/s')\n"; }},
    {"F3", "EvaluationDoesNothing", [](Files& b) { b["eval/eval_accuracy.py"] = "print('PASS')\n"; }},
    {"F3", "RequirementsWithMore", [](Files& b) { b["requirements.txt"] += "torch\n"; }},
    {"F4", "LineEndsConverted", [](Files& b) { b[kGitattributesPath] += "*.md text=auto eol=crlf\n"; }, true},
    {"F4", "AFilterOfItsOwn", [](Files& b) { b[kGitattributesPath] += "*.npy filter=evil\n"; }, true},
    {"F4", "NumbersInTheCache",
     [](Files& b) { b[".cache/huggingface/download/README.md.metadata"] = "NPU: 133.22 img/s\n"; }, true},
    {"F4", "ALockWithText", [](Files& b) { b[".cache/huggingface/download/README.md.lock"] = "#!/bin/sh\n"; }, true},
    {"R1", "ErrorNudged", [](Files& b) { NudgeLastDigit(b["README.md"], "overall_max_rel_error_pct"); }},
    {"R1", "HiddenBehindTheDigest",
     [](Files& b) {
       Replace(b["README.md"], "run digest: ", "run digest: see below\r# NPU: 133.22 img/s\rrun digest: ");
     }},
    {"R1", "SentenceAdded", [](Files& b) { b["README.md"] += "NPU: 133.22 img/s\n"; }},
    {"R1", "EnglishNudged", [](Files& b) { NudgeLastDigit(b["README.en.md"], "(the criterion) | "); }},
    {"R1", "VerdictTurned", [](Files& b) { Replace(b["README.en.md"], "measured on `cpu`", "measured on `npu:0`"); }},
    {"R2", "ThroughputNudged",
     [](Files& b) { NudgeLastDigit(b["results/performance_eval.json"], "throughput_img_per_sec"); }},
    {"R2", "ThroughputPerBatch",
     [](Files& b) {
       Json j = Json::parse(b["results/performance_eval.json"]);
       auto& bs = j["per_batch_results"]["bs4"];
       bs["throughput_img_per_sec"] = 1 / bs["avg_time_sec"].get<double>();
       b["results/performance_eval.json"] = j.dump(2) + "\n";
     }},
    {"R2", "ThroughputNull",
     [](Files& b) {
       Json j = Json::parse(b["results/performance_eval.json"]);
       j["per_batch_results"]["bs1"]["throughput_img_per_sec"] = nullptr;
       b["results/performance_eval.json"] = j.dump(2) + "\n";
     }},
    {"R3", "MeanNudged", [](Files& b) { NudgeLastDigit(b["results/performance_eval.json"], "avg_time_sec"); }},
    {"R3", "PercentileNudged", [](Files& b) { NudgeLastDigit(b["results/performance_eval.json"], "p90_sec"); }},
    {"R3", "PercentileLeftOut",
     [](Files& b) {
       Json j = Json::parse(b["results/performance_eval.json"]);
       j["per_batch_results"]["bs2"].erase("p99_sec");
       b["results/performance_eval.json"] = j.dump(2) + "\n";
     }},
    {"R3", "CalledStable",
     [](Files& b) { NudgeLastDigit(b["results/performance_eval.json"], "coefficient_of_variation"); }},
    {"R5", "ErrorNudged",
     [](Files& b) { NudgeLastDigit(b["results/accuracy_eval.json"], "overall_max_rel_error_pct"); }},
    {"R5", "CosineNudged",
     [](Files& b) { NudgeLastDigit(b["results/accuracy_eval.json"], "\"cosine_similarity\": "); }},
    {"R5", "ImageLeftOut",
     [](Files& b) {
       Json j = Json::parse(b["results/accuracy_eval.json"]);
       j["per_image_results"].erase(2);
       b["results/accuracy_eval.json"] = j.dump(2) + "\n";
     }},
    {"R5", "NotJson", [](Files& b) { b["results/accuracy_eval.json"] = "{"; }},
    {"R6", "AccuracyLogNudged", [](Files& b) { NudgeLastDigit(b["logs/accuracy_eval.log"], "Mean rel error"); }},
    {"R6", "PerformanceLogNudged", [](Files& b) { NudgeLastDigit(b["logs/performance_eval.log"], "Throughput"); }},
    {"R6", "EnvironmentLogWithNpu", [](Files& b) { b["logs/env_check.log"] += "NPU 0: Ascend910_9362\n"; }},
    {"R6", "InferenceLogNudged", [](Files& b) { NudgeLastDigit(b["logs/inference.log"], "l2_norm"); }},
    {"R6", "EmbeddingLogNudged", [](Files& b) { NudgeLastDigit(b["logs/embedding.log"], "Throughput"); }},
    {"R7", "NormNudged", [](Files& b) { NudgeLastDigit(b["logs/inference.json"], "l2_norm"); }},
    {"R7", "SampleChanged",
     [](Files& b) {
       Json j = Json::parse(b["logs/inference.json"]);
       j["embedding_sample"][3] = 0.25;
       b["logs/inference.json"] = j.dump(2) + "\n";
     }},
    {"R7", "SpeedNudged", [](Files& b) { NudgeLastDigit(b["logs/inference.json"], "images_per_sec"); }},
    {"R8", "OtherPicture", [](Files& b) { b["assets/env_check.png"] = b["assets/git_submit_result.png"]; }},
    {"R8", "OtherText",
     [](Files& b) { b["assets/accuracy_eval_result.png"] = RecolouredPng(b["assets/accuracy_eval_result.png"]); }},
    {"R8", "NotAPicture", [](Files& b) { b["assets/inference_result.png"] = "PNG"; }},
    {"R8", "Cut", [](Files& b) { b["assets/performance_eval_result.png"].resize(3000); }},
    {"R8", "OtherPixelsOfAnotherCairo",
     [](Files& b) {
       std::string& png = b["assets/env_check.png"];
       png = WithPixelsOf(png, b["assets/git_submit_result.png"], OtherCairo());
     }},
    {"R8", "OneDigitOfAnotherCairo",
     [](Files& b) {
       std::string& png = b["assets/accuracy_eval_result.png"];
       Picture picture = MakePictures(EvidenceOf(b), b).at("assets/accuracy_eval_result.png");
       NudgeLastDigit(picture.text, "Mean rel error");
       png = WithPixelsOf(png, ValueOrThrow(RenderPicture(picture)), OtherCairo());
     }},
    {"R8", "FontsFromNowhere",
     [](Files& b) { b["assets/env_check.png"] = Redrawn(b["assets/env_check.png"], "cairo 1.18.0, my own font", 0); }},
    {"R9", "ResultTurned", [](Files& b) { ChangeManifest(b, [](Json& m) { m["predicate"]["result"] = "WARNED"; }); },
     true},
    {"R9", "TestLeftOut", [](Files& b) { ChangeManifest(b, [](Json& m) { m["predicate"]["passedTests"].erase(0); }); },
     true},
    {"R9", "NoPredicate", [](Files& b) { ChangeManifest(b, [](Json& m) { m["predicate"] = Json::object(); }); }, true},
    {"R10", "MemoryNudged", [](Files& b) { NudgeLastDigit(b["results/performance_eval.json"], "free_mb"); }},
    {"R10", "RawTimeNudged", [](Files& b) { NudgeLastDigit(b["results/performance_eval.json"], "times_ns"); }},
    {"R10", "EnvironmentWithNpu",
     [](Files& b) { Replace(b["results/env_info.json"], "\"npu_available\": false", "\"npu_available\": true"); }},
    {"R10", "MemoryOfMachineNudged", [](Files& b) { NudgeLastDigit(b["results/env_info.json"], "memory_mb"); }},
    {"R11", "RateNudged", [](Files& b) { NudgeLastDigit(b["results/embedding.json"], "pictures_per_sec"); }},
    {"R11", "RowsNudged", [](Files& b) { NudgeLastDigit(b["results/embedding.json"], "\"rows\""); }},
    {"R11", "CalledComplete",
     [](Files& b) { Replace(b["results/embedding.json"], "\"complete\": false", "\"complete\": true"); }},
    {"R11", "LeftOut", [](Files& b) { b.erase("results/embedding.json"); }},
};

class CheckEdits : public testing::TestWithParam<Edit> {};
INSTANTIATE_MUTATIONS(CheckEdits, kEdits);

bool IsIntegrity(const std::string& rule) { return rule[0] == 'I'; }

TEST_P(CheckEdits, FailsJustItsRule) {
  Files bundle = GoodBundle();
  GetParam().change(bundle);
  if (!GetParam().keep_digests) {
    const auto unrepaired = FailedRules(CheckBundle({bundle, {}}));
    EXPECT_TRUE(std::any_of(unrepaired.begin(), unrepaired.end(), IsIntegrity));
    RepairDigests(bundle);
  }
  const CheckReport report = CheckBundle({bundle, {}});
  EXPECT_THAT(FailedRules(report), ElementsAre(GetParam().rule)) << CheckTable(report);
}

TEST(Check, AGoodBundlePasses) {
  const CheckReport report = CheckBundle({GoodBundle(), {}});
  EXPECT_TRUE(report.passed()) << CheckTable(report);
  EXPECT_THAT(FailedRules(report), IsEmpty());
  EXPECT_GE(report.rules.size(), 30U);
}

// bundle/layout.h against what is made: every file is there, first written by the event that it names. (The report
// writes the texts of the phases anew.)
TEST(Check, TheLayoutIsWhatIsMade) {
  const Files& bundle = GoodBundle();
  std::map<std::string, std::set<std::string>> written, listed;
  std::set<std::string> seen;
  for (const RunLogEntry& entry : Entries(bundle)) {
    EXPECT_TRUE(IsEvent(entry.event)) << entry.event;
    for (const auto& [path, digest] : entry.outputs) {
      if (!IsPicturePath(path) && seen.insert(path).second) written[entry.event].insert(path);
    }
  }
  const std::set<FileKind> not_in_the_log = {FileKind::kRunLog, FileKind::kReadme, FileKind::kManifest};
  std::set<std::string> paths;
  for (const BundleFile& file : BundleFiles()) {
    EXPECT_TRUE(paths.insert(file.path).second) << file.path;
    EXPECT_TRUE(bundle.contains(file.path)) << file.path;
    if (!not_in_the_log.contains(file.kind)) listed[file.event].insert(file.path);
  }
  EXPECT_EQ(written, listed);
  for (const auto& [path, bytes] : bundle) EXPECT_TRUE(IsBundlePath(path)) << path;
}

}  // namespace

void CountEdits(std::map<std::string, int>& mutations) {
  for (const Edit& edit : kEdits) ++mutations[edit.rule];
}

}  // namespace convnext
