#include "convnext/embed/unit_reader.h"

#include <sys/stat.h>

#include <cerrno>

#include "convnext/base/base.h"

namespace convnext {
namespace {

// An archive that has grown or shrunk is another one: its samples would not be those of the plan.
Status CheckArchive(const PlanArchive& archive) {
  struct stat info {};
  if (::stat(archive.path.c_str(), &info) != 0) return SystemError("open it", archive.path, errno);
  if (info.st_size == archive.bytes) return {};
  return Invalid("{}: {} bytes; it had {} when the plan was made. Put it back, or begin in a new directory",
                 Printable(archive.path, 1000), info.st_size, archive.bytes)
      .WithKind("archive.changed");
}

}  // namespace

EmbedItem UnitReader::Item() const {
  EmbedItem item;
  item.unit = units_[place_];
  item.index = next_;
  return item;
}

std::optional<EmbedItem> UnitReader::Next() {
  if (place_ == units_.size()) return std::nullopt;
  const PlanUnit& unit = plan_.units[static_cast<size_t>(units_[place_])];
  if (!begun_) {
    if (Status status = unit.archive ? OpenArchive(unit) : Status(); !status.ok()) return Fail(status);
    if (!unit.archive) {
      auto files = ReadFileList(output_, plan_, units_[place_]);
      if (!files.ok()) return Fail(files.status());
      files_ = *std::move(files);
    }
    begun_ = true;
    next_ = 0;
  }
  if (next_ == unit.count) return End();
  return unit.archive ? NextSample() : NextFile();
}

Status UnitReader::OpenArchive(const PlanUnit& unit) {
  if (archive_ == unit.archive && next_sample_ == unit.first) return {};
  const PlanArchive& archive = plan_.archives[*unit.archive];
  archive_.reset();
  CONVNEXT_RETURN_IF_ERROR(CheckArchive(archive));
  auto samples = SampleReader::Open(archive.path, {.carry = plan_.carry, .first = unit.first});
  samples_ = samples.ok() ? *std::move(samples) : nullptr;
  // One that could not be opened when the plan was made either is a failure that is written down.
  if (!samples.ok() && archive.damage != samples.status().kind()) return samples.status();
  archive_ = unit.archive;
  next_sample_ = unit.first;
  return {};
}

EmbedItem UnitReader::NextFile() {
  EmbedItem item = Item();
  const ListedFile& file = files_[static_cast<size_t>(next_++)];
  item.key = file.key;
  item.path = file.path.starts_with('/') ? file.path : plan_.root + "/" + file.path;
  if (file.duplicate) {
    item.problem = Invalid("the key stands twice in the input; its first picture counts").WithKind("key.duplicate");
  }
  return item;
}

EmbedItem UnitReader::NextSample() {
  EmbedItem item = Item();
  auto sample = samples_->Next();
  if (!sample) {
    const Status found =
        samples_->damage() ? *samples_->damage() : Invalid("it has fewer samples than when the plan was made");
    return Fail(found.Prefixed(plan_.archives[*archive_].shard));
  }
  ++next_;
  ++next_sample_;
  item.key = std::move(sample->key);
  item.shard = plan_.archives[*archive_].shard;
  item.bytes = std::move(sample->picture);
  item.carried = std::move(sample->carried);
  item.offset = sample->offset;
  item.warnings = std::move(sample->warnings);
  item.problem = std::move(sample->problem);
  return item;
}

// The last unit of an archive reads to its end, and says what is there.
EmbedItem UnitReader::End() {
  EmbedItem item = Item();
  item.ends_unit = true;
  const PlanUnit& unit = plan_.units[static_cast<size_t>(units_[place_])];
  const bool last = unit.archive && unit.first + unit.count == plan_.archives[*unit.archive].samples;
  if (last) item.shard = plan_.archives[*unit.archive].shard;
  if (last && samples_ != nullptr) {
    if (samples_->Next())
      return Fail(
          Invalid("{}: it has more samples than when the plan was made", item.shard).WithKind("archive.changed"));
    item.problem = samples_->damage();
    item.offset = samples_->damage_offset();
    for (const std::string& warning : samples_->warnings())
      item.warnings.push_back(fmt::format("{}: {}", Printable(item.shard, 1000), warning));
  } else if (last) {
    item.problem = SampleReader::Open(plan_.archives[*unit.archive].path, {}).status();
    item.offset = 0;
  }
  ++place_;
  begun_ = false;
  return item;
}

EmbedItem UnitReader::Fail(const Status& problem) {
  EmbedItem item = Item();
  item.unit_problem = problem;
  ++place_;
  begun_ = false;
  archive_.reset();
  return item;
}

}  // namespace convnext
