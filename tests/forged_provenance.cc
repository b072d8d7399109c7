// Provenance: programs, models, pictures, precisions and texts that are not those of the run.
#include "forgery.h"

namespace convnext {

std::vector<Forgery> ForgedProvenance() {
  return {
      {"F5", "AnotherProgramRecorded", [](Records& r, Files&) { r["report"]["programs"][0]["glibc"] = "2.17"; }},
      {"F5", "AProgramForAnotherMachine",
       [](Records& r, Files& f) {
         f[kArmProgramPath] = f.at(kX86ProgramPath);
         r["report"]["programs"][1]["sha256"] = r["report"]["programs"][0]["sha256"];
       }},
      {"F5", "AScript",
       [](Records& r, Files& f) {
         f[kX86ProgramPath] = "#!/bin/sh\necho PASS\n";
         r["report"]["programs"][0]["sha256"] = DigestOf(f[kX86ProgramPath]);
       }},
      {"P1", "AnotherCommit", [](Records& r, Files&) { r["performance"]["tool"]["commit"] = "0123456789ab"; }},
      {"P1", "AnotherProgram",
       [](Records& r, Files&) { r["inference"]["tool"]["binary_sha256"] = std::string(64, '1'); }},
      {"P1", "NoCompiler", [](Records& r, Files&) { r["environment"]["compiler"] = ""; }},
      {"P2", "OtherWeightsTimed",
       [](Records& r, Files&) { r["performance"]["model"]["weights_sha256"] = std::string(64, 'a'); }},
      {"P2", "TensorsMiscounted",
       [](Records& r, Files&) { ForEveryModel(r, [](Json& m) { m["tensors"] = m["tensors"].get<int>() + 1; }); }},
      {"P2", "ParametersMiscounted",
       [](Records& r, Files&) { ForEveryModel(r, [](Json& m) { m["parameters"] = 88'222'464; }); }},
      {"P2", "SyntheticConcealed",
       [](Records& r, Files&) {
         r["adapt"]["weights_sha256"] = "3a8a90641974029ae0b894e7efca0a9a01e6c30a6094db4b5ebe19e92f98dbd2";
         ForEveryModel(r, [](Json& m) {
           m["synthetic"] = false;
           m["weights_sha256"] = "3a8a90641974029ae0b894e7efca0a9a01e6c30a6094db4b5ebe19e92f98dbd2";
         });
       }},
      {"P2", "NamedAnother",
       [](Records& r, Files&) { ForEveryModel(r, [](Json& m) { m["name"] = "convnext_base.clip_laion2b"; }); }},
      {"P2", "NotSynthetic", [](Records& r, Files&) { ForEveryModel(r, [](Json& m) { m["synthetic"] = false; }); }},
      {"P3", "PictureExchanged",
       [](Records& r, Files& f) {
         f[r["accuracy"]["inputs"][1]["path"].get<std::string>()] =
             f.at(r["accuracy"]["inputs"][0]["path"].get<std::string>());
       }},
      {"P3", "TensorExchanged",
       [](Records& r, Files&) {
         for (const char* e : {"accuracy", "performance"}) r[e]["inputs"][1]["tensor_sha256"] = std::string(64, 'b');
       }},
      {"P3", "OtherSize",
       [](Records& r, Files&) {
         for (const char* e : {"accuracy", "performance"}) r[e]["inputs"][2]["height"] = 255;
       }},
      {"P3", "WarningsInvented",
       [](Records& r, Files&) {
         for (const char* e : {"accuracy", "performance"}) r[e]["inputs"][1]["warnings"] = {"all is well"};
       }},
      {"P3", "DrawnPicturesCalledPhotographs",
       [](Records& r, Files&) {
         for (const char* e : {"inference", "accuracy", "performance"}) {
           for (Json& input : r[e]["inputs"]) input["generated"] = false;
         }
       }},
      {"P3", "TurnInvented",
       [](Records& r, Files&) {
         for (const char* e : {"accuracy", "performance"}) r[e]["inputs"][1]["turned"] = 6;
         r["adapt"]["exif_orientation"] = "apply";
       }},
      {"P3", "TurnAskedForInVain", [](Records& r, Files&) { r["adapt"]["exif_orientation"] = "sometimes"; }},
      {"P3", "OnePictureTwice",
       [](Records& r, Files& f) {
         const Json& first = r["accuracy"]["inputs"][0];
         for (const char* e : {"accuracy", "performance"}) {
           Json& second = r[e]["inputs"][1];
           for (const char* field : {"file_sha256", "tensor_sha256", "height", "width"}) second[field] = first[field];
         }
         f["raw/images/02_test_image.png"] = f.at("raw/images/01_test_image.png");
         r["adapt"]["inputs"]["raw/images/02_test_image.png"] = first["file_sha256"];
         CopyInput(r, f, 0, 1);
       }},
      {"P3", "ATestImageWithAText",
       [](Records& r, Files& f) {
         std::string& png = f["raw/images/01_test_image.png"];
         png.insert(png.size() - 12, TextChunk("certified"));
         RecordFile(r, "raw/images/01_test_image.png", DigestOf(png));
       }},
      {"P3", "ATestImageWithATail",
       [](Records& r, Files& f) {
         std::string& png = f["raw/images/01_test_image.png"];
         png += "#!/bin/sh\n";
         RecordFile(r, "raw/images/01_test_image.png", DigestOf(png));
       }},
      {"P4", "TimedInHalf", [](Records& r, Files&) { r["performance"]["device"]["dtype"] = "float16"; }},
      {"P4", "OtherThreads", [](Records& r, Files&) { r["inference"]["device"]["threads"] = 64; }},
      {"P4", "OtherTarget", [](Records& r, Files&) { r["performance"]["device"]["simd_target"] = "SVE"; }},
      {"P4", "NoSuchType",
       [](Records& r, Files&) {
         ClaimEverywhere(r, "dtype", "float16 on NPU");
         r["adapt"]["dtype"] = "float16 on NPU";
       }},
      {"P4", "Bfloat16TargetInFloat32",
       [](Records& r, Files&) {
         ClaimEverywhere(r, "simd_target", "AVX3_BF16");
         r["environment"]["simd_targets"] = {"AVX3_BF16", "AVX3", "SCALAR"};
         r["environment"]["cpu_flags"] = {"avx512f", "avx512_bf16"};
         r["environment"]["architecture"] = "x86_64";
         r["environment"]["os"] = X86System(r);
       }},
      {"P5", "LinesInANote",
       [](Records& r, Files&) {
         r["accuracy"]["model"]["notes"] = {"x\n=== Summary on npu:0 ==="};
         r["inference"]["model"]["notes"] = r["accuracy"]["model"]["notes"];
         r["performance"]["model"]["notes"] = r["accuracy"]["model"]["notes"];
         r["environment"]["model"]["notes"] = r["accuracy"]["model"]["notes"];
       }},
      {"P5", "UnknownField", [](Records& r, Files&) { r["accuracy"]["tolerance_pct"] = 5; }},
      {"P5", "UnknownPart", [](Records& r, Files&) { r["performance"]["device"]["overclocked"] = true; }},
      {"P5", "UnknownOption", [](Records& r, Files&) { r["adapt"]["skip_check"] = true; }},
      {"P6", "TheDriverIsAClaim",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         r["environment"]["driver_version"] = "the newest one";
       }},
      {"P6", "TheChipIsAClaim",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         ClaimEverywhere(r, "npu_name", "Ascend910_9362 (1250 pictures/s, certified)");
         r["environment"]["npu_name"] = "Ascend910_9362 (1250 pictures/s, certified)";
       }},
      {"P6", "LettersThatDoNotShow",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         r["environment"]["npu_smi"] = NpuSmi("Ascend910_9362") + "npu-smi emul\u200bator\n";
       }},
      {"P6", "PrecisionOfAnotherChip",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         ClaimEverywhere(r, "precision",
                         "compiled from ONNX opset 17 for Ascend310P3; 0 operators of the compiled graph "
                         "read or write float16 (atc --mode=1)");
       }},
      {"P6", "OperatorsInFloat16",
       [](Records& r, Files&) {
         ClaimNpu(r, "Ascend910_9362");
         ClaimEverywhere(r, "precision",
                         "compiled from ONNX opset 17 for Ascend910_9362; 412 operators of the compiled "
                         "graph read or write float16 (atc --mode=1)");
       }},
      {"P6", "TheSourceIsAClaim", [](Records& r, Files&) { r["report"]["source_url"] = "certified"; }},
      {"P6", "ThePythonIsAClaim",
       [](Records& r, Files&) {
         r["accuracy"]["launcher"] = {{"python", "3.11.14"}, {"pip", "certified"}};
       }},
      {"P6", "AReasonInvented",
       [](Records& r, Files&) { r["environment"]["blocking_reasons"][0]["code"] = "npu.certified"; }},
      {"P6", "WeightsAreALink",
       [](Records& r, Files&) {
         ForEveryModel(r, [](Json& m) { m["weights_path"] = "https://huggingface.co/timm/model.safetensors"; });
       }},
      {"P6", "TheCompilerIsAClaim",
       [](Records& r, Files&) { r["environment"]["compiler"] = "certified by its makers"; }},
      {"P6", "ALibraryIsAClaim",
       [](Records& r, Files&) { r["environment"]["libraries"]["torch_npu"] = "the official one"; }},
      {"P6", "AVariableOfOnesOwn", [](Records& r, Files&) { r["environment"]["variables"]["CERTIFICATE"] = "42"; }},
      {"P6", "AFlagIsAClaim",
       [](Records& r, Files&) { r["environment"]["cpu_flags"].push_back("certified by Huawei"); }},
      {"P6", "NoSimdInTheBuild",
       [](Records& r, Files&) {
         r["environment"]["build_flags"] = "Release: -O3; SIMD off; sanitizers none";
         r["environment"]["simd_targets"] = {"SSE2", "SCALAR"};
         ClaimEverywhere(r, "simd_target", "SCALAR");
       }},
      {"P6", "ACommitIsAClaim",
       [](Records& r, Files&) {
         r["environment"]["git"] = {
             {"branch", "main"}, {"commit", "reviewed-and-accepted"}, {"dirty", false}, {"remote", nullptr}};
       }},
      {"P6", "TheProgramIsOfficial",
       [](Records& r, Files&) {
         for (auto& [event, record] : r) record["tool"]["commit"] = "official";
       }},
      {"P6", "AnAddressIsAScript", [](Records& r, Files&) { r["report"]["repository_url"] = "javascript:alert(1)"; }},
      {"P6", "AReferenceWithAClaim",
       [](Records& r, Files&) {
         r["accuracy"]["reference"]["versions"] = {{"certified by", "them"}};
       }},
      {"P6", "ADriftOfNoStage",
       [](Records& r, Files&) {
         r["accuracy"]["drift"] =
             Json::array({{{"stage", "the NPU, certified"}, {"max_rel_error_pct", 0.1}, {"norm_rel_error_pct", 0.1}}});
       }},
      {"P6", "AFailureIsAClaim",
       [](Records& r, Files&) {
         r["inference"]["failed"] = Json::array({Json::array({"raw/images/npu.jpg", "none"})});
       }},
  };
}

}  // namespace convnext
