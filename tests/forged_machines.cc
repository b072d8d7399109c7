// Environment: machines, devices, clocks and secrets that cannot be.
#include "forgery.h"

namespace convnext {

std::vector<Forgery> ForgedMachines() {
  return {
      {"E1", "NoCpu", [](Records& r, Files&) { r["environment"]["cpu_model"] = ""; }},
      {"E1", "NoCores", [](Records& r, Files&) { r["environment"]["cores"] = 0; }},
      {"E1", "NoLibraries", [](Records& r, Files&) { r["environment"]["libraries"] = Json::object(); }},
      {"E1", "NpuWithoutDriver",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         r["environment"]["driver_version"] = nullptr;
       }},
      {"E1", "DriverMissingAndThere", [](Records& r, Files&) { r["environment"]["driver_version"] = "24.1"; }},
      {"E2", "DeviceNumberBeyondTheirCount",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         ClaimEverywhere(r, "device", "npu:3");
         r["adapt"]["device"] = r["adapt"]["requested_device"] = r["environment"]["requested_device"] = "npu:3";
       }},
      {"E2", "NpuAndReasons",
       [](Records& r, Files&) {
         Json reason = r["environment"]["blocking_reasons"].back();
         reason["code"] = "npu.device.unhealthy";
         ClaimNpu(r, "Ascend910_9362");
         r["environment"]["blocking_reasons"] = Json::array({reason});
       }},
      {"E2", "NoSuchDevice",
       [](Records& r, Files&) {
         ClaimEverywhere(r, "device", "Ascend 910B4");
         r["environment"]["requested_device"] = "Ascend 910B4";
         r["adapt"]["device"] = r["adapt"]["requested_device"] = "Ascend 910B4";
       }},
      {"E2", "NeitherNpuNorReasons", [](Records& r, Files&) { r["environment"]["blocking_reasons"] = Json::array(); }},
      {"E2", "AnotherDeviceTimed", [](Records& r, Files&) { r["performance"]["device"]["device"] = "cpu-reference"; }},
      {"E2", "NpuNameOnCpu", [](Records& r, Files&) { r["accuracy"]["device"]["npu_name"] = "Ascend910_9362"; }},
      {"E2", "AskedForAnother",
       [](Records& r, Files&) {
         r["environment"]["requested_device"] = r["adapt"]["requested_device"] = "cpu-reference";
       }},
      {"E3", "MoreRunsThanTime",
       [](Records& r, Files&) {
         Json& w = r["performance"]["window"];
         w["finished_ns"] = w["started_ns"].get<int64_t>() + 1000;
         w["steady_ns"] = 1000;
       }},
      {"E3", "AnotherTimestamp",
       [](Records& r, Files&) { r["accuracy"]["window"]["timestamp"] = "1999-01-01 00:00:00"; }},
      {"E3", "TwentySixHoursOff",
       [](Records& r, Files&) {
         for (const char* e : {"environment", "inference", "accuracy", "performance"}) {
           Json& w = r[e]["window"];
           for (const char* n : {"started_ns", "finished_ns"}) w[n] = w[n].get<int64_t>() - 26 * 3'600'000'000'000;
         }
       }},
      {"E3", "InNoTimeZone",
       [](Records& r, Files&) {
         for (const char* n : {"started_ns", "finished_ns"})
           r["accuracy"]["window"][n] = r["accuracy"]["window"][n].get<int64_t>() - 420'000'000'000;
       }},
      {"E3", "PhasesAtOnce",
       [](Records& r, Files&) {
         Json& w = r["performance"]["window"];
         const int64_t start = r["accuracy"]["window"]["started_ns"];
         w["finished_ns"] = start + w["finished_ns"].get<int64_t>() - w["started_ns"].get<int64_t>();
         w["started_ns"] = start;
       }},
      {"E3", "PerformanceFirst",
       [](Records& r, Files&) {
         Json& w = r["performance"]["window"];
         for (const char* n : {"started_ns", "finished_ns"}) w[n] = w[n].get<int64_t>() - 900'000'000'000;
       }},
      {"E3", "ReportedYearsBefore", [](Records& r, Files&) { r["report"]["timestamp"] = "2019-01-01 00:00:00"; }},
      {"E3", "ReportAtNoTime", [](Records& r, Files&) { r["report"]["timestamp"] = "this morning"; }},
      {"E3", "DeviceTimesOnACpu",
       [](Records& r, Files&) {
         r["performance"]["batches"][0]["execute_ns"] = {1000, 1000};
       }},
      {"E3", "DeviceSlowerThanTheRun",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         r["performance"]["batches"][0]["execute_ns"][1] = int64_t{1} << 50;
       }},
      {"E3", "DeviceTimeMissing",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         r["performance"]["batches"][0]["copy_out_ns"].erase(0);
       }},
      {"E3", "ClockJumped",
       [](Records& r, Files&) {
         Json& w = r["accuracy"]["window"];
         w["finished_ns"] = w["finished_ns"].get<int64_t>() + 60'000'000'000;
       },
       true},
      {"E3", "ClockWentBack",
       [](Records& r, Files&) {
         Json& w = r["performance"]["window"];
         w["finished_ns"] = w["finished_ns"].get<int64_t>() - 3'600'000'000'000;
       },
       true},
      {"E3", "AnotherTimeOfDay",
       [](Records& r, Files&) {
         Json& w = r["environment"]["window"];
         for (const char* n : {"started_ns", "finished_ns"}) w[n] = w[n].get<int64_t>() - 7 * 3'600'000'000'000;
       },
       true},
      {"E4", "NamedEmulator", [](Records& r, Files&) { ClaimNpu(r, "AscendEmulator"); }},
      {"E4", "EmulatorInLowerCase", [](Records& r, Files&) { ClaimNpu(r, "Ascend910_emulator"); }},
      {"E4", "EmulatorInNpuSmi",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         r["environment"]["npu_smi"] = NpuSmi("Ascend910_9362") + "npu-smi (Emulator)\n";
       }},
      {"E5", "HomeDirectory",
       [](Records& r, Files&) { r["environment"]["variables"]["LD_LIBRARY_PATH"] = "/home/alice/lib"; }},
      {"E5", "CredentialsInUrl",
       [](Records& r, Files&) { r["report"]["repository_url"] = "https://alice:secret@example.org/r.git"; }},
      {"E5", "Token",
       [](Records& r, Files&) { r["environment"]["variables"]["ASCEND_X"] = "hf_abcdefghijklmnopqrstuvwxyz012345"; }},
      {"E6", "ANanosecondAPass",
       [](Records& r, Files&) {
         for (Json& b : r["performance"]["batches"]) {
           for (Json& time : b["times_ns"]) time = 1;
         }
       }},
      {"E6", "ANanosecondOfWarmUp", [](Records& r, Files&) { r["performance"]["batches"][2]["warmup_ns"][0] = 1; }},
      {"E6", "AFirstRunOfNothing", [](Records& r, Files&) { r["performance"]["first_run_ns"] = 0; }},
      {"E6", "InferenceInNoTime", [](Records& r, Files&) { r["inference"]["model_ns"] = 2; }},
      {"E6", "AccuracyInNoTime",
       [](Records& r, Files&) {
         Json& w = r["accuracy"]["window"];
         w["steady_ns"] = 10;
         w["finished_ns"] = w["started_ns"].get<int64_t>() + 10;
       }},
      {"E6", "DecodedInNoTime", [](Records& r, Files&) { r["inference"]["decode_ns"] = 0; }},
      {"E6", "LoadedInNoTime", [](Records& r, Files&) { r["performance"]["load_ns"] = 0; }},
      {"E6", "AnNpuInNoTime",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         for (Json& b : r["performance"]["batches"]) {
           b["copy_in_ns"] = b["execute_ns"] = b["copy_out_ns"] = std::vector<int64_t>(b["times_ns"].size(), 0);
           for (Json& time : b["times_ns"]) time = 1;
         }
       }},
      {"E6", "AnNpuThatComputesNothing",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         for (Json& b : r["performance"]["batches"]) b["execute_ns"] = std::vector<int64_t>(b["times_ns"].size(), 0);
       }},
      {"E6", "CopiesFasterThanAnyBus",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         for (Json& b : r["performance"]["batches"]) b["copy_in_ns"] = std::vector<int64_t>(b["times_ns"].size(), 3);
       }},
      {"E7", "MoreUsableCoresThanCores",
       [](Records& r, Files&) { r["environment"]["usable_cores"] = r["environment"]["cores"].get<int64_t>() + 1; }},
      {"E7", "AQuotaBelowNothing", [](Records& r, Files&) { r["environment"]["quota_cores"] = -1.5; }},
      {"E7", "AQuotaOfLess",
       [](Records& r, Files&) {
         r["environment"]["quota_cores"] = 0.5;
         r["environment"]["usable_cores"] = r["environment"]["cores"] = 64;
       }},
      {"E7", "AnotherKernel",
       [](Records& r, Files&) { r["environment"]["kernel"] = "5.10.0-60.18.0.50.oe2203.x86_64 #1 SMP"; }},
      {"E7", "AKunpengWithAvx",
       [](Records& r, Files&) {
         r["environment"]["architecture"] = "x86_64";
         r["environment"]["cpu_model"] = "Kunpeng-920";
         r["environment"]["cpu_flags"] = Json::array();
         r["environment"]["simd_targets"] = {"SCALAR"};
         ClaimEverywhere(r, "simd_target", "SCALAR");
         r["environment"]["os"] = X86System(r);
       }},
      {"E7", "NpuSmiOfAnotherChip",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910B4");
         r["environment"]["npu_smi"] = NpuSmi("310P3");
       }},
      {"E7", "NpuSmiWithoutChips",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910B4");
         r["environment"]["npu_smi"] = "certified: 910B4, 1250 pictures a second\n";
       }},
      {"E7", "MoreMemoryThanTheChipHas",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910B4");
         r["performance"]["memory_after"]["total_bytes"] = int64_t{128} << 30;
       }},
      {"E7", "OneByteOfMemory", [](Records& r, Files&) { r["environment"]["memory_bytes"] = 1; }},
      {"E7", "AnotherMemoryInPerformance",
       [](Records& r, Files&) {
         Json& memory = r["performance"]["memory_after"];
         memory["total_bytes"] = 4 * memory["total_bytes"].get<int64_t>();
       }},
      {"E7", "AProcessLargerThanTheMachine",
       [](Records& r, Files&) { r["performance"]["memory_after"]["process_rss_bytes"] = int64_t{1} << 60; }},
      {"E7", "ATargetOfAnotherArchitecture",
       [](Records& r, Files&) { r["environment"]["simd_targets"].push_back("SVE9"); }},
      {"E7", "ATargetThatTheCpuLacks",
       [](Records& r, Files&) {
         Json& e = r["environment"];
         e["architecture"] = "x86_64";
         e["os"] = X86System(r);
         e["cpu_flags"] = {"sse4_1"};
         e["simd_targets"] = {"AVX2", "SCALAR"};
         ClaimEverywhere(r, "simd_target", "SCALAR");
       }},
      {"E7", "ASystemOfAnotherArchitecture",
       [](Records& r, Files&) { r["environment"]["os"] = "Linux-6.1-riscv64-with-glibc2.99"; }},
  };
}

}  // namespace convnext
