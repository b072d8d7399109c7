// A good bundle of a small model, made once and in memory, and a forger's tools: to change it and to make it look whole
// again.
#pragma once

#include <elf.h>

#include <cstring>
#include <ctime>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "convnext/adapt/adapt.h"
#include "test_util.h"

namespace convnext {

using Json = nlohmann::ordered_json;
using Records = std::map<std::string, Json>;  // by event

// The local time in so many seconds.
inline std::string TimestampIn(int seconds) {
  const std::time_t time = std::time(nullptr) + seconds;
  std::tm local{};
  localtime_r(&time, &local);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local)};
}

// An executable's header and nothing else; it differs by its last byte.
inline std::string FakeProgram(Elf64_Half machine, char last = 0) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_EXEC;
  header.e_machine = machine;
  header.e_phentsize = sizeof(Elf64_Phdr);
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + last;
}

// What convnext embed left of 25 pictures: the last of three units is not done.
inline std::vector<EmbeddedUnit> GoodUnits() {
  return {{0, 10, 9, {{"picture.empty", 1}}, std::string(64, 'a')},
          {1, 10, 10, {{"archive.cut", 1}}, std::string(64, 'b')}};
}

inline EmbeddingRecord GoodEmbedding(const AccuracyRecord& accuracy, const Window& window) {
  EmbeddingRecord record;
  record.tool = accuracy.tool;
  record.model = accuracy.model;
  record.device = accuracy.device;
  record.window = window;
  record.plan_sha256 = std::string(64, 'c');
  record.units = 3;
  record.pictures = 25;
  record.batch_size = 16;
  record.store = "float32";
  record.own_pictures = 12;
  record.own_rows = 11;
  record.own_failures = {{"archive.cut", 1}, {"picture.empty", 1}};
  record.load_ns = 20'000'000;
  record.run_ns = 500'000'000;
  return record;
}

// Three test images through the golden model "tiny_patch" on the CPU.
inline Files MakeGoodBundle() {
  TemporaryDirectory directory;
  const std::string model_path = directory / "tiny";
  EXPECT_TRUE(WriteSyntheticModel(GoldenConfig("tiny_patch"), 1, model_path).ok());
  EngineOptions engine;
  engine.model_path = model_path;
  engine.backend.threads = 1;
  AccuracyOptions accuracy_options;
  accuracy_options.engine = engine;
  PerformanceOptions performance_options;
  performance_options.engine = engine;
  performance_options.batch_sizes = {1, 2, 4};
  performance_options.runs = 8;
  performance_options.warmup = 1;

  EnvironmentOptions environment_options;
  environment_options.machine.variables = {};
  EnvironmentRecord environment = CollectEnvironment(environment_options);
  const auto pictures = ValueOrThrow(GatherPictures({{}, 3}));
  const auto inference = ValueOrThrow(MeasureInference(engine, {}, {pictures[0]}));
  auto accuracy = ValueOrThrow(MeasureAccuracy(accuracy_options, pictures));
  auto performance = ValueOrThrow(MeasurePerformance(performance_options, pictures));
  // Made quiet, so that what the rules about noise say does not depend on this machine.
  for (BatchTimes& batch : performance.record.batches) {
    for (size_t run = 0; run < batch.times_ns.size(); ++run)
      batch.times_ns[run] = batch.batch_size * 1'000'000 + static_cast<int64_t>(run * 37 % 5) * 1000;
  }
  environment.model = accuracy.record.model;
  Window& window = performance.record.window;  // with room for times that are made up
  window.steady_ns += 1'000'000'000;
  window.finished_ns += 1'000'000'000;
  InferenceRecord inference_record = inference.record;
  inference_record.model_ns = 1'002'000;
  inference_record.window.steady_ns += 100'000'000;
  inference_record.window.finished_ns += 100'000'000;
  for (Window* later : {&accuracy.record.window, &performance.record.window}) {
    later->started_ns += 100'000'000;
    later->finished_ns += 100'000'000;
  }

  Files files = PictureFiles(pictures);
  RunLog log;
  const auto add = [&](const char* event, const Json& record, Files outputs) {
    log.Append(event, record, Digests(outputs));
    files.merge(outputs);
  };
  AdaptRecord job;
  job.tool = accuracy.record.tool;
  job.requested_device = job.device = "cpu";
  job.dtype = accuracy.record.device.dtype;
  job.threads = engine.backend.threads;
  job.weights_sha256 = accuracy.record.model.weights_sha256;
  job.inputs = Digests(files);
  job.batch_sizes = performance_options.batch_sizes;
  job.warmup = performance_options.warmup;
  job.runs = 1;
  log.Append("adapt", ToJson(job), Digests(files));
  add("environment", ToJson(environment), EnvironmentFiles(environment));
  add("inference", ToJson(inference_record), InferenceFiles(inference_record, inference.embeddings));
  add("accuracy", ToJson(accuracy.record), AccuracyFiles(accuracy.record, accuracy.reference, accuracy.test));
  add("performance", ToJson(performance.record), PerformanceFiles(performance.record, performance.embeddings));
  const std::vector<EmbeddedUnit> units = GoodUnits();
  const EmbeddingRecord embedding = GoodEmbedding(accuracy.record, performance.record.window);
  add("embedding", ToJson(embedding), EmbeddingFiles(embedding, units));
  files[kRunLogPath] = log.text();
  files[kX86ProgramPath] = FakeProgram(EM_X86_64);
  files[kArmProgramPath] = FakeProgram(EM_AARCH64);
  ReportRecord report{CurrentTool(), TimestampIn(10), "", kDefaultTrack, std::nullopt};
  report.programs = DescribePrograms(files);
  return ValueOrThrow(AssembleBundle(files, report));
}

inline const Files& GoodBundle() {
  static const Files bundle = MakeGoodBundle();
  return bundle;
}

inline void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Changes one place of a text, which must be there.
inline void Replace(std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

inline std::vector<RunLogEntry> Entries(const Files& bundle) {
  return ValueOrThrow(RunLog::Parse(bundle.at(kRunLogPath))).entries();
}

// Gives the manifest the digests of the files as they are, and lists just those that are there.
inline void RepairManifest(Files& bundle) {
  Json manifest = Json::parse(bundle.at(kManifestPath));
  manifest["subject"] = Json::array();
  for (const auto& [path, digest] : Digests(bundle)) {
    if (path != kManifestPath) manifest["subject"].push_back({{"name", path}, {"digest", {{"sha256", digest}}}});
  }
  bundle[kManifestPath] = manifest.dump(2) + "\n";
}

// Puts `log` in place of the run log, with its digest in the READMEs and the manifest.
inline void ReplaceRunLog(Files& bundle, const RunLog& log) {
  const std::string old_digest = ValueOrThrow(RunLog::Parse(bundle.at(kRunLogPath))).digest();
  bundle[kRunLogPath] = log.text();
  for (const char* path : {"README.md", "README.en.md", kManifestPath}) {
    if (bundle.count(path) > 0) ReplaceAll(bundle[path], old_digest, log.digest());
  }
  RepairManifest(bundle);
}

// Makes every digest right again after files were changed.
inline void RepairDigests(Files& bundle) {
  RunLog log;
  for (const RunLogEntry& entry : Entries(bundle)) {
    std::map<std::string, std::string> outputs;
    for (const auto& [path, digest] : entry.outputs) {
      if (bundle.count(path) > 0) outputs[path] = DigestOf(bundle.at(path));
    }
    log.Append(entry.event, entry.record, outputs);
  }
  ReplaceRunLog(bundle, log);
}

// Changes the raw data (records and files) and makes everything else from it again.
inline Files ForgeBundle(const std::function<void(Records& records, Files& files)>& change) {
  Files files = GoodBundle();
  const RunLog log = ValueOrThrow(RunLog::Parse(files.at(kRunLogPath)));
  Records records;
  for (const RunLogEntry& entry : log.entries()) records[entry.event] = entry.record;
  change(records, files);
  RunLog forged;
  for (const RunLogEntry& entry : log.entries()) {
    std::map<std::string, std::string> outputs;
    for (const auto& [path, digest] : entry.outputs) {
      if (files.count(path) > 0) outputs[path] = DigestOf(files.at(path));
    }
    forged.Append(entry.event, records.at(entry.event), outputs);
  }
  files[kRunLogPath] = forged.text();
  Files bundle = ValueOrThrow(AssembleBundle(files, ValueOrThrow(ParseReportRecord(records.at("report")))));
  RepairDigests(bundle);  // the phases' own outputs have changed with their records
  return bundle;
}

// The first mutation of each rule in a table, for a quick answer, or all others.
template <class Table>
auto SelectMutations(const Table& table, bool first_of_rule) {
  using Mutation = std::decay_t<decltype(*std::begin(table))>;
  std::set<std::string> seen;
  std::vector<Mutation> selected;
  for (const Mutation& mutation : table) {
    if (seen.insert(mutation.rule).second == first_of_rule) selected.push_back(mutation);
  }
  return selected;
}

inline constexpr auto kNameOfMutation = [](const auto& parameter) {
  return std::string(parameter.param.rule) + "_" + parameter.param.name;
};

// The tests of a table as OneOfEachRule/... and MoreOfEachRule/..., each named "R5_ErrorNudged".
#define INSTANTIATE_MUTATIONS(suite, table)                                                                         \
  INSTANTIATE_TEST_SUITE_P(OneOfEachRule, suite, testing::ValuesIn(SelectMutations(table, true)), kNameOfMutation); \
  INSTANTIATE_TEST_SUITE_P(MoreOfEachRule, suite, testing::ValuesIn(SelectMutations(table, false)), kNameOfMutation)

// The ids of the rules with the given outcomes.
inline std::vector<std::string> RulesWithOutcome(const CheckReport& report, const std::vector<RuleOutcome>& outcomes) {
  std::vector<std::string> ids;
  for (const RuleResult& rule : report.rules) {
    if (std::find(outcomes.begin(), outcomes.end(), rule.outcome) != outcomes.end()) ids.push_back(rule.id);
  }
  return ids;
}
inline std::vector<std::string> FailedRules(const CheckReport& report) {
  return RulesWithOutcome(report, {RuleOutcome::kFail, RuleOutcome::kNotChecked});
}

}  // namespace convnext
