// Numbers: times, vectors and jobs that no honest run leaves.
#include "forgery.h"

namespace convnext {

std::vector<Forgery> ForgedNumbers() {
  return {
      {"R4", "TwoRuns",
       [](Records& r, Files&) {
         Json& t = r["performance"]["batches"][2]["times_ns"];
         while (t.size() > 2) t.erase(t.size() - 1);
       }},
      {"R4", "NoWarmUp",
       [](Records& r, Files&) {
         r["adapt"]["warmup"] = 0;
         for (Json& b : r["performance"]["batches"]) b["warmup_ns"] = Json::array();
       }},
      {"R4", "OneRun",
       [](Records& r, Files&) {
         for (Json& b : r["performance"]["batches"]) {
           Json& t = b["times_ns"];
           while (t.size() > 1) t.erase(t.size() - 1);
         }
       }},
      {"R4", "LessThanNoTime",
       [](Records& r, Files&) { r["performance"]["min_time_sec"] = r["adapt"]["min_time_sec"] = -1; }},
      {"S1", "NanInReference",
       [](Records&, Files& f) { ChangeRowOf(f, kReference, 1, [](auto row) { row[5] = std::nan(""); }); }},
      {"S1", "InfinityInReference",
       [](Records&, Files& f) { ChangeRowOf(f, kReference, 0, [](auto row) { row[0] = INFINITY; }); }},
      {"S1", "NanFromDevice",
       [](Records& r, Files& f) { ChangeTestRow(r, f, 2, [](auto row) { row[3] = std::nan(""); }); }},
      {"S1", "Constant",
       [](Records& r, Files& f) {
         ChangeRowOf(f, kReference, 1, [](auto row) { Fill(row, 0.5); });
         ChangeTestRow(r, f, 1, [](auto row) { Fill(row, 0.50000006); });
       }},
      {"S2", "SameForTwo", [](Records& r, Files& f) { CopyInput(r, f, 0, 1); }},
      {"S2", "SameForTwoOthers", [](Records& r, Files& f) { CopyInput(r, f, 1, 2); }},
      {"S2", "SameForAll",
       [](Records& r, Files& f) {
         CopyInput(r, f, 1, 0);
         CopyInput(r, f, 1, 2);
       }},
      {"S3", "OneRowCopied", [](Records&, Files& f) { CopyTestToReference(f, 1); }},
      {"S3", "AllRowsCopied",
       [](Records&, Files& f) {
         for (const size_t n : {0U, 1U, 2U}) CopyTestToReference(f, n);
       }},
      {"S3", "ComparedWithItself", [](Records& r, Files&) { r["accuracy"]["reference"]["device"]["device"] = "cpu"; }},
      {"S3", "ADigestOfNothing",
       [](Records& r, Files&) { r["accuracy"]["reference"]["file_sha256"] = std::string(64, 'z'); }},
      {"S3", "CopiedWithNoise",
       [](Records&, Files& f) {
         CopyTestToReference(f, 0);
         ChangeRowOf(f, kReference, 0, [](auto row) {
           for (double& v : row) v *= 1 + 1e-14;
         });
       }},
      {"S4", "Normalised", [](Records& r, Files&) { r["inference"]["normalize"] = true; }},
      {"S4", "TimedSomethingElse",
       [](Records&, Files& f) {
         ChangeRowOf(f, kTimed, 4, [](auto row) { row[7] = std::nextafter(static_cast<float>(row[7]), 9.0F); });
       }},
      {"S4", "InferredSomethingElse",
       [](Records&, Files& f) { ChangeRowOf(f, kInferred, 0, [](auto row) { row[0] += 0.001; }); }},
      {"S4", "TimedInAnotherOrder",
       [](Records&, Files& f) {
         Tensor<double> m = ReadMatrix(f, kTimed);
         const auto columns = m.shape[1];
         std::swap_ranges(m.data.begin() + columns, m.data.begin() + 2 * columns, m.data.begin() + 2 * columns);
         WriteMatrix(f, kTimed, m);
       }},
      {"S5", "Cached",
       [](Records& r, Files&) {
         for (Json& b : r["performance"]["batches"]) ScaleEverySecondRun(b, 1, 0.5);
       },
       true},
      {"S5", "CachedABit", [](Records& r, Files&) { ScaleEverySecondRun(r["performance"]["batches"][1], 1, 0.88); },
       true},
      {"S5", "CachedAtBatchFour",
       [](Records& r, Files&) { ScaleEverySecondRun(r["performance"]["batches"][2], 1, 0.5); }, true},
      {"S6", "Placeholder", [](Records& r, Files&) { r["report"]["track"] = "{{track}}"; }},
      {"S6", "Variable", [](Records& r, Files&) { r["report"]["repository_url"] = "https://$REPOSITORY_URL"; }},
      {"S6", "NotAvailable", [](Records& r, Files&) { r["report"]["track"] = "N/A"; }},
      {"S7", "AnotherModelTimed", [](Records& r, Files&) { r["performance"]["model"]["name"] = "convnext_small"; }},
      {"S7", "AnotherSize", [](Records& r, Files&) { r["performance"]["model"]["image_size"] = 224; }},
      {"S7", "OtherNotes", [](Records& r, Files&) { r["performance"]["model"]["notes"] = {"nothing was assumed"}; }},
      {"S9", "AnotherJob", [](Records& r, Files&) { r["adapt"]["runs"] = 100; }},
      {"S9", "OtherWeightsSetOut", [](Records& r, Files&) { r["adapt"]["weights_sha256"] = std::string(64, 'c'); }},
      {"S9", "AnotherProgramSetOut", [](Records& r, Files&) { r["adapt"]["tool"]["commit"] = "0123456789ab"; }},
      {"S9", "AnotherTypeSetOut", [](Records& r, Files&) { r["adapt"]["dtype"] = "bfloat16"; }},
      {"S9", "OtherThreadsSetOut", [](Records& r, Files&) { r["adapt"]["threads"] = 7; }},
      {"S9", "AnotherTargetSetOut", [](Records& r, Files&) { r["adapt"]["simd_target"] = "NEON9"; }},
      {"S9", "AnotherSizeSetOut", [](Records& r, Files&) { r["adapt"]["image_size"] = 320; }},
      {"S9", "MoreTimeSetOut", [](Records& r, Files&) { r["adapt"]["min_time_sec"] = 60; }},
      {"S9", "CompiledForACpu", [](Records& r, Files&) { r["adapt"]["om_sha256"] = std::string(64, 'a'); }},
      {"S9", "NamedHostSetOut", [](Records& r, Files&) { r["adapt"]["with_host_identity"] = true; }},
      {"S9", "HalfOnAnNpuSetOut",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         r["adapt"]["dtype"] = "float16";
       }},
      {"S8", "TwoPercentOff",
       [](Records& r, Files& f) {
         ChangeTestRow(r, f, 1, [](auto row) {
           for (double& v : row) v *= 1.02;
         });
       }},
      {"S8", "OneNumberOff", [](Records& r, Files& f) { ChangeTestRow(r, f, 2, [](auto row) { row[4] += 1; }); }},
      {"S8", "ThresholdLoosened", [](Records& r, Files&) { r["accuracy"]["threshold_pct"] = 5; }},
      {"S8", "AboveItsOwnThreshold", [](Records& r, Files&) { r["accuracy"]["threshold_pct"] = 1e-12; }},
      {"N1", "Outlier", [](Records& r, Files&) { r["performance"]["batches"][1]["times_ns"][3] = 90'000'000; }, true},
      {"N1", "Drift",
       [](Records& r, Files&) {
         Json& t = r["performance"]["batches"][0]["times_ns"];
         for (size_t i = 0; i < t.size(); ++i) t[i] = 1'000'000 + 30'000 * i;
       },
       true},
      {"N1", "LargerBatchFaster",
       [](Records& r, Files&) {
         for (Json& t : r["performance"]["batches"][2]["times_ns"]) t = t.get<int64_t>() / 3;
       },
       true},
  };
}

}  // namespace convnext
