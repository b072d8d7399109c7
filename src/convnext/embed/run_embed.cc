#include "convnext/embed/run_embed.h"

#include <unistd.h>

#include "convnext/embed/layout.h"
#include "convnext/embed/unit_reader.h"

namespace convnext {
namespace {

constexpr int64_t kSampleForShare = 100;  // inputs before a share of failures counts
constexpr int kMostSystemErrors = 16;     // files in a row that the system refuses: it is not the pictures

// Takes decoded pictures in their order, gives them to the model, and commits the units that are complete.
class Runner {
 public:
  Runner(const Engine& engine, const Plan& plan, const EmbedOptions& options)
      : engine_(engine), plan_(plan), options_(options) {}

  Result<EmbedReport> Run() {
    CONVNEXT_ASSIGN_OR_RETURN(auto units, FindUnits());
    Count(units);
    Report();
    if (units.empty()) return std::move(report_);
    // Shared: a thread that is stuck in it may outlive this run.
    const auto reader = std::make_shared<UnitReader>(plan_, options_.output, std::move(units));
    CONVNEXT_RETURN_IF_ERROR(Open());
    CONVNEXT_ASSIGN_OR_RETURN(const auto pool,
                              DecodePool::Open(
                                  engine_.preprocessor(), [reader] { return reader->Next(); }, PoolOptions()));
    report_.stopped = TakeAll(*pool);
    Finish(*pool);
    return std::move(report_);
  }

 private:
  // Those of this rank that are not there.
  Result<std::vector<int64_t>> FindUnits() {
    std::vector<int64_t> units;
    for (int64_t i = options_.rank.rank; i < plan_.size(); i += options_.rank.ranks) {
      ++report_.progress.units;
      CONVNEXT_ASSIGN_OR_RETURN(const auto unit, ReadCommitted(options_.output, i, plan_.size()));
      if (unit && options_.retry_failed && unit->failed() > 0) {
        CONVNEXT_RETURN_IF_ERROR(Withdraw(i));
      } else if (unit) {
        ++report_.progress.units_done;
        continue;
      }
      units.push_back(i);
    }
    return units;
  }

  // The commit goes first: without it the unit does not exist.
  Status Withdraw(int64_t unit) const {
    const UnitPaths paths = PathsOfUnit(unit, plan_.size());
    for (const std::string& name : {paths.commit, paths.failures}) {
      const std::string path = options_.output + "/" + name;
      if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemError("remove it", path, errno);
      CONVNEXT_RETURN_IF_ERROR(SyncDirectory(options_.output + "/" + name.substr(0, name.find('/'))));
    }
    return {};
  }

  void Count(const std::vector<int64_t>& units) {
    report_.units_left = static_cast<int64_t>(units.size());
    for (const int64_t unit : units) report_.progress.inputs += plan_.units[static_cast<size_t>(unit)].count;
  }

  Status Open() {
    CONVNEXT_ASSIGN_OR_RETURN(batcher_, Batcher::Open(engine_, {.batch_size = options_.identity.batch_size,
                                                                .sessions = UsefulSessions(engine_)}));
    most_waiting_ =
        static_cast<size_t>(UsefulSessions(engine_) + 1) * static_cast<size_t>(options_.identity.batch_size);
    return {};
  }

  DecodePoolOptions PoolOptions() const {
    const int threads = options_.decode_threads > 0 ? options_.decode_threads : UsefulDecodeThreads(engine_);
    return {.threads = threads,
            .ahead = static_cast<size_t>(threads) * 2 + static_cast<size_t>(options_.identity.batch_size),
            .timeout = options_.item_timeout};
  }

  Status TakeAll(DecodePool& pool) {
    const std::stop_callback wake(options_.stop, [&pool] { pool.Stop(); });
    while (!options_.stop.stop_requested()) {
      auto next = pool.Next();
      if (!next.ok()) return next.status();
      if (!*next) break;
      CONVNEXT_RETURN_IF_ERROR(Take(**std::move(next)));
      CONVNEXT_RETURN_IF_ERROR(Collect(most_waiting_));
    }
    if (options_.stop.stop_requested()) return Cancelled("asked to stop");
    batcher_->Finish();
    return Collect(0);
  }

  // What the model has begun is finished; a unit that is complete by that is committed.
  void Finish(DecodePool& pool) {
    pool.Stop();
    batcher_->Finish();
    if (report_.stopped.code() == Code::kCancelled) {
      if (Status status = Collect(0); !status.ok()) report_.stopped = status;
    }
    report_.abandoned_threads = pool.Finish();
    Report();
  }

  Status Take(DecodedItem decoded) {
    EmbedItem& item = decoded.item;
    AnswerQueue<DecodedItem>::Answer answer;  // nothing: it has a problem, or ends a unit
    if (item.problem && !item.ends_unit) CONVNEXT_RETURN_IF_ERROR(CheckSystem(item));
    if (!item.problem && !item.ends_unit && !item.unit_problem) {
      system_errors_ = 0;
      // On a CPU a picture has the same bits in any batch; on an NPU the batches must be the same in every run.
      decoded.input.group = engine_.device().threads > 0 ? 0 : item.unit;
      answer = batcher_->Submit(std::move(decoded.input));
    }
    queue_.Push(std::move(decoded), std::move(answer));
    return {};
  }

  // A file system that is gone must not become failures that are written down.
  Status CheckSystem(const EmbedItem& item) {
    const bool system = item.problem->code() == Code::kIo || item.problem->kind() == "file.missing";
    system_errors_ = system ? system_errors_ + 1 : 0;
    if (!system) return {};
    if (::access(plan_.root.c_str(), F_OK) != 0)
      return IoError("{}: the input is gone; its unit is not committed", Printable(plan_.root, 1000))
          .WithKind("input.gone");
    if (system_errors_ < kMostSystemErrors || item.problem->code() != Code::kIo) return {};
    return item.problem->Prefixed(fmt::format("{} pictures in a row could not be read", system_errors_));
  }

  // Waits for the answers of all but the last `left` pictures that the model has.
  Status Collect(size_t left) {
    return queue_.Collect(
        left, [this](const DecodedItem& decoded, Batcher::Answer* answer) { return Settle(decoded, answer); });
  }

  Status Settle(const DecodedItem& decoded, Batcher::Answer* answer) {
    const EmbedItem& item = decoded.item;
    if (item.unit_problem) {
      builder_.reset();
      report_.problems.push_back(fmt::format("unit {}: {}", item.unit, item.unit_problem->message()));
      return {};
    }
    if (!builder_ || builder_->unit() != item.unit)
      builder_.emplace(item.unit, engine_.embedding_dim(), options_.identity.store);
    if (item.ends_unit) return Commit(item);
    Status status = item.problem.value_or(Status());
    if (answer != nullptr) CONVNEXT_RETURN_IF_ERROR(AddRow(decoded, *answer, status));
    if (!status.ok()) CONVNEXT_RETURN_IF_ERROR(Fail(item, status));
    ++report_.progress.inputs_done;
    Report();
    return {};
  }

  // Adds the row, or says in `picture` why there is none; an error of the device is returned.
  Status AddRow(const DecodedItem& decoded, Batcher::Answer& answer, Status& picture) {
    if (answer.ok()) picture = FinishEmbedding(*answer, options_.identity.normalize).status();
    if (!answer.ok() && answer.status().code() != Code::kInvalid) return answer.status();
    if (!answer.ok()) picture = answer.status();
    if (!picture.ok()) return {};
    builder_->AddRow(decoded, *answer);
    ++report_.progress.rows;
    return {};
  }

  Status Fail(const EmbedItem& item, const Status& status) {
    builder_->AddFailure(item, status);
    ++report_.progress.failures[KindOf(status)];
    ++failed_;
    return CheckFailures();
  }

  Status CheckFailures() const {
    const auto failed = static_cast<double>(failed_);
    const bool many = options_.max_failures && failed > *options_.max_failures;
    const int64_t done = report_.progress.inputs_done + 1;
    const bool share = options_.max_failures_share && done >= kSampleForShare &&
                       failed > *options_.max_failures_share * static_cast<double>(done);
    if (!many && !share) return {};
    return Invalid("more failures than --max_failures allows: {}", FailureText(report_.progress.failures))
        .WithKind("failures.too_many");
  }

  Status Commit(const EmbedItem& end) {
    builder_->AddEnd(end);
    if (end.problem) ++report_.progress.failures[KindOf(*end.problem)];
    CONVNEXT_RETURN_IF_ERROR(builder_->Commit(options_.output, plan_.size(), plan_.sha256, plan_.identity));
    builder_.reset();
    report_.warnings.insert(report_.warnings.end(), end.warnings.begin(), end.warnings.end());
    ++report_.progress.units_done;
    --report_.units_left;
    Report();
    return {};
  }

  void Report() {
    report_.progress.seconds = stopwatch_.Seconds();
    if (options_.progress) options_.progress(report_.progress);
  }

  const Engine& engine_;
  const Plan& plan_;
  const EmbedOptions& options_;
  const Stopwatch stopwatch_;
  EmbedReport report_;
  std::unique_ptr<Batcher> batcher_;
  size_t most_waiting_ = 0;
  AnswerQueue<DecodedItem> queue_;
  std::optional<UnitBuilder> builder_;
  int system_errors_ = 0;
  int64_t failed_ = 0;
};

}  // namespace

Result<EmbedReport> RunEmbed(const Engine& engine, const Plan& plan, const EmbedOptions& options) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("batch size", options.identity.batch_size, kBatchSizes));
  const std::string differences = IdentityDifferences(plan.identity, IdentityOf(engine, options.identity));
  if (!differences.empty()) {
    return Invalid(
        "{}: begun with something else (there: plan.json, here: this command); go on with the same, or name a new "
        "--output:\n{}",
        Printable(options.output, 1000), differences);
  }
  return Runner(engine, plan, options).Run();
}

}  // namespace convnext
