// Embeddings: units, counts and rates that no run of convnext embed leaves.
#include "forgery.h"

namespace convnext {
namespace {

// Changes the list of the units.
void ForgeUnits(Files& files, void (*change)(std::vector<EmbeddedUnit>& units)) {
  auto units = ValueOrThrow(ParseEmbeddedUnits(files.at(kEmbeddedUnitsPath)));
  change(units);
  files[kEmbeddedUnitsPath] = EmbeddedUnitsText(units);
}

}  // namespace

std::vector<Forgery> ForgedEmbeddings() {
  return {
      {"R11", "ARowInvented", [](Records&, Files& f) { ForgeUnits(f, [](auto& units) { units[0].rows = 12; }); }},
      {"R11", "AFailureConcealed",
       [](Records&, Files& f) { ForgeUnits(f, [](auto& units) { units[0].failures = {}; }); }},
      {"R11", "OneCommitForTwoUnits",
       [](Records&, Files& f) { ForgeUnits(f, [](auto& units) { units[1].commit_sha256 = units[0].commit_sha256; }); }},
      {"R11", "NoDigestOfACommit",
       [](Records&, Files& f) { ForgeUnits(f, [](auto& units) { units[1].commit_sha256 = "done"; }); }},
      {"R11", "AUnitBeyondThePlan", [](Records&, Files& f) { ForgeUnits(f, [](auto& units) { units[1].unit = 3; }); }},
      {"R11", "MorePicturesThanThePlan", [](Records& r, Files&) { r["embedding"]["pictures"] = 19; }},
      {"R11", "AllUnitsButNotAllPictures", [](Records& r, Files&) { r["embedding"]["units"] = 2; }},
      {"R11", "NoPlan", [](Records& r, Files&) { r["embedding"]["plan_sha256"] = "none"; }},
      {"R11", "OwnRowsInvented", [](Records& r, Files&) { r["embedding"]["own_rows"] = 20; }},
      {"R11", "OwnPicturesBeyondThePlan",
       [](Records& r, Files&) { r["embedding"]["own_pictures"] = r["embedding"]["own_rows"] = 26; }},
      {"R11", "OtherWeights",
       [](Records& r, Files&) { r["embedding"]["model"]["weights_sha256"] = std::string(64, '1'); }},
      {"R11", "AnotherDevice", [](Records& r, Files&) { r["embedding"]["device"]["device"] = "cpu-reference"; }},
      {"R11", "AnotherType", [](Records& r, Files&) { r["embedding"]["device"]["dtype"] = "bfloat16"; }},
      {"R11", "NoSuchStore", [](Records& r, Files&) { r["embedding"]["store"] = "float8"; }},
      {"R11", "ABatchOfNone", [](Records& r, Files&) { r["embedding"]["batch_size"] = 0; }},
      {"P1", "EmbeddedByAnotherProgram",
       [](Records& r, Files&) { r["embedding"]["tool"]["binary_sha256"] = std::string(64, '2'); }},
      {"P5", "AFieldOfTheEmbedding", [](Records& r, Files&) { r["embedding"]["certified"] = true; }},
      {"P6", "AFailureThatIsAClaim",
       [](Records& r, Files&) {
         r["embedding"]["own_failures"] = {{"NPU 133 img/s", 1}};
       }},
      {"P6", "AUnitsFailureThatIsAClaim",
       [](Records&, Files& f) { ForgeUnits(f, [](auto& units) {
                                  units[0].failures = {{"133.22 img/s", 1}};
                                }); }},
      {"E3", "AnEmbeddingLongerThanItsProcess",
       [](Records& r, Files&) { r["embedding"]["run_ns"] = int64_t{3'600'000'000'000}; }},
      {"E3", "AnEmbeddingAfterItsReport",
       [](Records& r, Files&) {
         Json& window = r["embedding"]["window"];
         window["timestamp"] = "2031-01-01 00:00:00";
         window["started_ns"] = int64_t{1'924'992'000'000'000'000};
         window["finished_ns"] = window["started_ns"].get<int64_t>() + window["steady_ns"].get<int64_t>();
       }},
      {"E6", "AnEmbeddingInNoTime", [](Records& r, Files&) { r["embedding"]["run_ns"] = 100; }},
      {"E6", "AModelLoadedInNoTime", [](Records& r, Files&) { r["embedding"]["load_ns"] = 0; }},
  };
}

}  // namespace convnext
