// convnext embed: millions of pictures, which can be stopped at any time and gone on with.
#include "convnext/embed/embed.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/embed_evidence.h"
#include "cli/embed_inputs.h"
#include "cli/embed_progress.h"
#include "cli/embed_status.h"
#include "cli/options.h"
#include "convnext/engine.h"

namespace convnext::cli {
namespace {

constexpr const char* kEmbedExamples = R"(Examples:
  convnext embed --input pictures/ --output OUT
  convnext embed --input 'shards/{00000..00999}.tar' --carry json --output OUT --batch_size 16
  find . -name '*.jpg' -print0 | convnext embed --input - --output OUT
  convnext embed --output OUT                    go on with what is left
  srun convnext embed --input 'shards/*.tar' --output OUT
  convnext embed --verify OUT && convnext merge OUT --output all.npy
  convnext embed --output OUT --evidence bundle  record what OUT holds in the bundle that adapt made

A run that was stopped or killed is gone on with by the same command, and gives the same bytes. Exit code 0: nothing of this
rank is left; 5: units are left.)";

struct EmbedArguments {
  EngineOptions engine;
  EmbedInputOptions input;
  PlanOptions plan;
  EmbedOptions embed;
  std::string store = "float32", max_failures, status, verify, evidence;
  std::optional<int64_t> rank, ranks;
  double item_timeout = 0;
  bool dry_run = false, plan_only = false, json = false, json_progress = false;
};

std::optional<std::string> Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// "100" or "1%".
Status ParseMaxFailures(const std::string& text, EmbedOptions& options) {
  if (text.empty()) return {};
  const bool share = text.ends_with('%');
  const auto value = ParseNumber<double>(share ? text.substr(0, text.size() - 1) : text);
  if (!value || !(*value >= 0))
    return Invalid("--max_failures {}: expected a count, as 100, or a share, as 1%", Printable(text));
  if (share) {
    options.max_failures_share = *value / 100;
  } else {
    options.max_failures = *value;
  }
  return {};
}

// A plan fixes the SIMD target, as others differ in the last bits.
Status UsePlannedTarget(const Plan& plan, BackendOptions& backend) {
  const auto identity = nlohmann::json::parse(plan.identity, nullptr, false);
  const std::string target = identity.value("simd_target", "");
  const auto known = SimdTargets();
  if (target.empty() || IsNpu(backend.device) || !backend.simd_target.empty()) return {};
  if (std::find(known.begin(), known.end(), target) == known.end()) {
    return Invalid(
        "the plan is for the SIMD target {}, which this CPU lacks (it has {}): its last bits would differ. Leave this "
        "machine "
        "out, or begin in a new directory with --simd_target {} everywhere",
        target, fmt::join(known, ", "), known.back());
  }
  backend.simd_target = target;
  return {};
}

Result<NewPlan> PlanInputs(EmbedArguments& arguments, const Engine& engine) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto found, FindNewInputs(arguments.input, arguments.embed.output));
  arguments.plan.progress = ShowCounting;
  return MakePlan(found, InputsJson(arguments.input.inputs), IdentityOf(engine, arguments.embed.identity),
                  arguments.plan);
}

Status CheckSameInputs(const EmbedArguments& arguments, const Plan& plan) {
  const std::string inputs = InputsJson(arguments.input.inputs);
  if (arguments.input.inputs.empty() || inputs == plan.inputs) return {};
  return Invalid(
      "{}: its plan is of --input {}, this command's of {}; leave --input out to go on, or name a new --output",
      Printable(arguments.embed.output, 1000), Printable(plan.inputs, 500), Printable(inputs, 500));
}

int Conclude(const EmbedReport& report) {
  PrintWarnings(report.warnings);
  for (const std::string& problem : report.problems) PrintError("convnext: error: {}\n", problem);
  const EmbedProgress& progress = report.progress;
  PrintOut("{} in {:.1f} s ({:.1f} pictures/s), {} rows, {}; {} of this rank's {} left\n",
           Pluralize(static_cast<size_t>(progress.inputs_done), "picture"), progress.seconds,
           progress.seconds > 0 ? static_cast<double>(progress.inputs_done) / progress.seconds : 0, progress.rows,
           FailureText(progress.failures), report.units_left, Pluralize(static_cast<size_t>(progress.units), "unit"));
  if (!report.stopped.ok() && report.stopped.code() != Code::kCancelled) return Fail(report.stopped);
  if (report.units_left == 0) return kDone;
  PrintError("convnext: units are left; the same command goes on with them\n");
  return kUnitsLeft;
}

Result<EmbedReport> Run(EmbedArguments& arguments, const Engine& engine, const Plan& plan, ProgressLine& progress) {
  EmbedLog log(arguments.embed.output);
  log.Begin(arguments.embed.rank);
  arguments.embed.progress = [&progress, &log](const EmbedProgress& now) {
    progress.Show(now);
    log.Progress(now);
  };
  auto report = RunEmbed(engine, plan, arguments.embed);
  progress.Finish();
  if (report.ok()) log.End(*report);
  return report;
}

// The plan that is there, or one that is made now; nothing after --dry_run and --plan_only.
Result<std::optional<Plan>> FindPlan(EmbedArguments& arguments, const Engine& engine, std::optional<Plan> plan) {
  const bool is_new = !plan;
  if (plan) {
    CONVNEXT_RETURN_IF_ERROR(CheckSameInputs(arguments, *plan));
  } else {
    CONVNEXT_ASSIGN_OR_RETURN(auto made, PlanInputs(arguments, engine));
    plan = made.plan;
    if (!arguments.dry_run) {
      CONVNEXT_ASSIGN_OR_RETURN(plan, WritePlan(arguments.embed.output, made));
      PrintPlan(*plan, "planned");
    }
  }
  if (arguments.dry_run) CONVNEXT_RETURN_IF_ERROR(ShowDryRun(arguments.embed.output, *plan, is_new, arguments.json));
  if (arguments.dry_run || arguments.plan_only) plan.reset();
  return plan;
}

Status Prepare(EmbedArguments& arguments, std::optional<Plan>& plan) {
  EmbedOptions& embed = arguments.embed;
  if (embed.output.empty()) return Invalid("--output is required (or --status OUT, --verify OUT)");
  CONVNEXT_RETURN_IF_ERROR(ParseMaxFailures(arguments.max_failures, embed));
  CONVNEXT_ASSIGN_OR_RETURN(embed.rank, FindRank(Variable, arguments.rank, arguments.ranks, HasTerminal()));
  embed.identity.store = arguments.store == "float16" ? StoredType::kFloat16 : StoredType::kFloat32;
  if (arguments.item_timeout > 0) embed.item_timeout = std::chrono::nanoseconds(Nanoseconds(arguments.item_timeout));
  CONVNEXT_ASSIGN_OR_RETURN(plan, ReadPlan(embed.output));
  if (!plan) CONVNEXT_RETURN_IF_ERROR(CheckWritable(embed.output + "/" + kPlanPath));
  if (plan) CONVNEXT_RETURN_IF_ERROR(UsePlannedTarget(*plan, arguments.engine.backend));
  CONVNEXT_ASSIGN_OR_RETURN(arguments.engine.model_path, ModelPath(arguments.engine.model_path));
  arguments.engine.batch_sizes = {embed.identity.batch_size};
  return {};
}

int Embed(EmbedArguments arguments) {
  if (!arguments.evidence.empty() && (!arguments.status.empty() || arguments.plan_only || arguments.dry_run))
    return Fail(Invalid("--evidence has no meaning beside --status, --plan_only and --dry_run: nothing is embedded"));
  if (!arguments.status.empty()) return ShowStatus(arguments.status, arguments.json);
  if (!arguments.verify.empty()) return ShowVerdict(arguments.verify, arguments.evidence, arguments.json);
  ProgressLine progress(arguments.json_progress);
  const StopSignals signals(progress);
  arguments.embed.stop = signals.token();
  EmbedEvidence evidence(arguments.evidence, arguments.embed);
  std::optional<Plan> plan;
  if (Status status = Prepare(arguments, plan); !status.ok()) return Fail(status);
  const auto engine = OpenEngine(arguments.engine);
  if (!engine.ok()) return Fail(engine.status());
  for (const std::string& note : engine->model().config.notes) Warn(note);
  if (Status status = evidence.Check(arguments.engine, *engine); !status.ok()) return Fail(status);
  const auto found = FindPlan(arguments, *engine, std::move(plan));
  if (!found.ok()) return Fail(found.status());
  if (!*found) return kDone;
  if (Status status = evidence.CheckPlan(**found); !status.ok()) return Fail(status);
  const auto report = Run(arguments, *engine, **found, progress);
  if (!report.ok()) return Fail(report.status());
  int code = Conclude(*report);
  if (Status status = evidence.Record(**found, *report); !status.ok()) code = Fail(status);
  if (report->abandoned_threads == 0) return code;
  std::fflush(nullptr);
  ::_exit(code);  // a thread hangs in a call that may never return
}

void AddPlanFlags(CLI::App& command, EmbedArguments& a) {
  command.add_option("--column", a.input.column,
                     "of a CSV or TSV: the column with the paths [path, image_path, filepath, ...]");
  command.add_option("--carry", a.plan.carry, "members of archives that go to the metadata, by extension: json,txt")
      ->delimiter(',');
  command.add_option(Flag("--rows_per_file"), a.plan.rows_per_file, "files that are one unit")
      ->check(InBounds(kRowsOfUnits))
      ->capture_default_str();
  command.add_option(Flag("--rows_per_unit"), a.plan.rows_per_unit, "samples of an archive that are one unit, at most")
      ->check(InBounds(kRowsOfUnits))
      ->capture_default_str();
  command.add_flag(Flag("--plan_only"), a.plan_only, "write plan.json and end: before many processes start at a time");
  command.add_flag(Flag("--dry_run"), a.dry_run,
                   "count the pictures and units, say how long they take where that is known, and write nothing");
}

void AddRunFlags(CLI::App& command, EmbedArguments& a) {
  a.embed.identity.batch_size = 16;
  command
      .add_option(Flag("--batch_size"), a.embed.identity.batch_size,
                  "pictures per forward pass; on a CPU it does not change the numbers")
      ->check(InBounds(kBatchSizes))
      ->capture_default_str();
  command
      .add_option(Flag("--decode_threads"), a.embed.decode_threads,
                  "threads that read and decode [as many as are useful]")
      ->check(InBounds(kThreadCounts));
  command.add_flag("--normalize", a.embed.identity.normalize, "divide each embedding by its L2 norm");
  command.add_option("--store", a.store, "float32 or float16")
      ->check(CLI::IsMember({"float32", "float16"}))
      ->capture_default_str();
  command.add_option("--rank", a.rank,
                     "which share of the units this process does, from 0 [what Slurm, MPI or Kubernetes says]");
  command.add_option("--ranks", a.ranks, "how many shares there are");
  command.add_flag(Flag("--retry_failed"), a.embed.retry_failed, "do units with failures anew");
  command
      .add_option(Flag("--item_timeout"), a.item_timeout,
                  "seconds after which a picture that cannot be read or decoded is a failure [none]")
      ->check(CLI::NonNegativeNumber);
  command.add_option(Flag("--max_failures"), a.max_failures, "N or P%: stop when more pictures fail");
  command.add_flag(Flag("--json_progress"), a.json_progress, "progress as a line of JSON a second, on standard error");
}

}  // namespace

void AddEmbed(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("embed", "Embed millions of pictures, with resuming, on one machine or many");
  command->footer(kEmbedExamples);
  auto arguments = std::make_shared<EmbedArguments>();
  EmbedArguments& a = *arguments;
  command->add_option("--input", a.input.inputs,
                      "directories (recursive, sorted), lists of paths, .csv, .tsv, archives (.tar, .tar.gz, .tar.zst, "
                      ".zip) and patterns of "
                      "them, '-' (a list on standard input), tar:- (a tar there)");
  command->add_option("--output", a.embed.output, "OUT, the directory of plan, rows and commits");
  AddModelPath(*command, a.engine);
  AddImageSize(*command, a.engine.image_size);
  AddDevice(*command, a.engine.backend);
  AddWeightsCache(*command, a.engine.backend);
  AddDecoding(*command, a.engine.decode);
  AddPlanFlags(*command, a);
  AddRunFlags(*command, a);
  command->add_option("--status", a.status, "OUT: print what is done, how fast, and what is left");
  command->add_option("--verify", a.verify,
                      "OUT: prove that every picture is one row or one failure, and that all digests agree");
  command->add_option("--evidence", a.evidence,
                      "DIR: record there what OUT holds, and how fast this process was; a further record replaces the "
                      "one before. With --verify: whether OUT is what DIR has recorded");
  command->add_flag("--json", a.json, "with --status, --verify and --dry_run: as JSON");
  command->callback([arguments, &exit_code] { exit_code = Embed(*arguments); });
}

}  // namespace convnext::cli
