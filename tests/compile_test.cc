// Compiling with atc and the cache of what was compiled, with an atc that the tests script.
#include "convnext/ascend/compile/compile.h"

#include "convnext/ascend/compile/atc.h"
#include "convnext/ascend/compile/om_cache.h"
#include "fake_cann.h"
#include "paths.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class CompileModelTest : public FakeCann {};

TEST_F(CompileModelTest, CompilesOnceAndKeepsIt) {
  const CompiledModel first = ValueOrThrow(Compile(4));
  EXPECT_FALSE(first.cached);
  EXPECT_EQ(first.opset, 17);
  EXPECT_EQ(ReadText(first.path), OmBytes("payload"));
  EXPECT_EQ(first.path, options_.cache + "/" + first.key + ".om");
  EXPECT_EQ(first.om_sha256, Sha256(BytesOf(OmBytes("payload"))));
  EXPECT_EQ(first.om_bytes, 263);
  EXPECT_TRUE(first.audited);
  EXPECT_EQ(first.float16_count, 0);
  EXPECT_THAT(first.log, HasSubstr("ATC run success"));
  EXPECT_THAT(steps_, Contains("compiling for Ascend910B4, batch 4; minutes the first time"));
  EXPECT_THAT(CacheEntries(), ElementsAre(first.key + ".json", first.key + ".log", first.key + ".om"));

  steps_.clear();
  const CompiledModel second = ValueOrThrow(Compile(4));
  EXPECT_TRUE(second.cached);
  EXPECT_EQ(second.path, first.path);
  EXPECT_EQ(second.om_sha256, first.om_sha256);
  EXPECT_EQ(second.seconds, first.seconds);
  EXPECT_EQ(second.log, first.log);
  EXPECT_TRUE(second.audited);
  EXPECT_THAT(steps_, IsEmpty());
  EXPECT_THAT(AtcCalls(), SizeIs(1));
  EXPECT_EQ(exports_, 1);
}

TEST_F(CompileModelTest, GivesTheFlags) {
  SetAtcScript("cat \"$op_precision_mode\"; ls -ld .; pwd; echo \"opp $ASCEND_OPP_PATH\"; finish");
  const CompiledModel model = ValueOrThrow(Compile(4));
  const std::string call = AtcCalls().at(0);
  EXPECT_THAT(call, AllOf(HasSubstr("--mode=0 --framework=5 --model=/"), HasSubstr(" --soc_version=Ascend910B4 "),
                          HasSubstr(" --input_format=NCHW --input_shape=images:4,3,256,256 --output_type=FP32 "),
                          HasSubstr(" --log=error --deterministic=1 --precision_mode_v2=origin "),
                          HasSubstr(" --allow_hf32=false"), Not(HasSubstr(" --precision_mode="))));
  EXPECT_THAT(model.log, AllOf(HasSubstr("[ByOpType]\nConv2D=enable_float_32_execution\n"), HasSubstr("drwx------"),
                               HasSubstr("/cache/convnext-work."), HasSubstr("/cann/opp")));
}

// One spelling of the precision, by the version; the flags of HF32 only where a chip has it.
TEST(AtcFlags, FollowChipAndVersion) {
  const auto flags = [](const std::string& soc, Precision precision, bool v2) {
    return fmt::format(" {} ", fmt::join(AtcFlags({soc, precision, v2, "x:1"}, {"m", "o", "p.ini"}), " "));
  };
  EXPECT_THAT(flags("Ascend910_9362", Precision::kFloat32, false),
              AllOf(HasSubstr(" --precision_mode=must_keep_origin_dtype "), HasSubstr(" --op_precision_mode=p.ini "),
                    Not(HasSubstr("precision_mode_v2"))));
  EXPECT_THAT(flags("Ascend950PR_9579", Precision::kFloat32, true), HasSubstr(" --allow_hf32=false "));
  for (const char* soc : {"Ascend310P3", "Ascend910A"}) {
    EXPECT_THAT(flags(soc, Precision::kFloat32Reduced, true),
                AllOf(HasSubstr(" --precision_mode_v2=cube_fp16in_fp32out "), Not(HasSubstr("hf32")),
                      Not(HasSubstr("op_precision_mode"))));
  }
  EXPECT_THAT(flags("Ascend310P3", Precision::kFloat32Reduced, false),
              HasSubstr(" --precision_mode=cube_fp16in_fp32out "));
  EXPECT_THAT(flags("Ascend910B1", Precision::kFloat16, true),
              AllOf(HasSubstr(" --precision_mode_v2=fp16 "), Not(HasSubstr("hf32"))));
  EXPECT_THAT(flags("Ascend910B1", Precision::kFloat16, false), HasSubstr(" --precision_mode=force_fp16 "));
  EXPECT_TRUE(HasPrecisionModeV2("8.1.RC1"));
  EXPECT_TRUE(HasPrecisionModeV2("9.0.0"));
  EXPECT_TRUE(HasPrecisionModeV2("10.1"));
  EXPECT_TRUE(HasPrecisionModeV2(std::nullopt));
  EXPECT_FALSE(HasPrecisionModeV2("7.0.RC1"));
}

TEST(AtcFlags, ChipsWithoutFloat32Products) {
  for (const char* soc :
       {"Ascend310", "Ascend310B1", "Ascend310P3", "Ascend310P3-emulator", "Ascend610", "Ascend610Lite", "Ascend910",
        "Ascend910A", "Ascend910ProA", "Ascend910ProB", "Ascend910PremiumA", "Ascend910B", "Ascend910B-emulator"})
    EXPECT_FALSE(HasFloat32Products(soc)) << soc;
  for (const char* soc : {"Ascend910B1", "Ascend910B2C", "Ascend910B4-1", "Ascend910B4-emulator", "Ascend910_9362",
                          "Ascend910_9362-emulator", "Ascend950PR_9579"})
    EXPECT_TRUE(HasFloat32Products(soc)) << soc;
}

// Whatever the result depends on makes another entry.
TEST_F(CompileModelTest, OtherIngredientsAreOtherEntries) {
  std::vector<std::string> keys = {ValueOrThrow(Compile()).key};
  const auto other = [&](int64_t batch) {
    const CompiledModel model = ValueOrThrow(Compile(batch));
    EXPECT_FALSE(model.cached);
    EXPECT_THAT(keys, Not(Contains(model.key)));
    keys.push_back(model.key);
  };
  other(8);
  options_.height = 224;
  other(1);
  options_.soc_version = "Ascend910B3";
  other(1);
  options_.precision = Precision::kFloat16;
  other(1);
  Add("cann/version.cfg", "runtime_running_version=[7.6.0.1.220:8.0.0]\n");
  other(1);
  Add("cann/opp/version.info", "Version=7.7.0.1.239\n");
  other(1);
  const auto model = CompileSource(Source("another model"), options_, {1});
  EXPECT_THAT(keys, Not(Contains(ValueOrThrow(model.front()).key)));
  EXPECT_THAT(AtcCalls(), SizeIs(8));
}

// Without the note of the digest the model is exported again, and what was compiled from it is found.
TEST_F(CompileModelTest, FindsTheEntryWithoutTheNote) {
  const std::string key = ValueOrThrow(Compile()).key;
  for (const auto& entry : fs::directory_iterator(options_.cache)) {
    if (entry.path().filename().string().starts_with("onnx-")) WriteText(entry.path(), "{\"onnx_sha256\": 7");
  }
  const CompiledModel again = ValueOrThrow(Compile());
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(again.key, key);
  EXPECT_EQ(exports_, 2);
  EXPECT_THAT(AtcCalls(), SizeIs(1));
}

TEST_F(CompileModelTest, DamagedEntriesAreCompiledAgain) {
  const CompiledModel good = ValueOrThrow(Compile());
  const std::string base = options_.cache + "/" + good.key, om = ReadText(base + ".om"),
                    json = ReadText(base + ".json");
  const auto damaged = [&](const std::string& file, const std::string& text) {
    WriteText(base + file, text);
    const size_t calls = AtcCalls().size();
    steps_.clear();
    EXPECT_FALSE(ValueOrThrow(Compile()).cached);
    EXPECT_EQ(AtcCalls().size(), calls + 1);
    EXPECT_THAT(steps_.at(0), AllOf(StartsWith("not used, compiled again: "), HasSubstr(good.key)));
    EXPECT_EQ(ReadText(base + ".om"), om);
    EXPECT_TRUE(ValueOrThrow(Compile()).cached);
  };
  damaged(".om", om.substr(0, om.size() - 1));  // cut off
  damaged(".om", OmBytes("payloaD"));           // another model
  damaged(".om", "");
  damaged(".json", json.substr(0, json.size() / 2));
  damaged(".json", "");
  damaged(".json", "[]");
  for (const auto& [from, to] : {std::pair("8.1.RC1", "8.1.RC2"),
                                 {"\"om_sha256\"", "\"om_sha\""},
                                 {"\"audited\": true", "\"audited\": 1"},
                                 {"convnext-compiled-1", "convnext-compiled-0"}}) {
    std::string text = json;
    text.replace(text.find(from), std::string_view(from).size(), to);
    damaged(".json", text);
  }
  fs::remove(base + ".om");
  EXPECT_FALSE(ValueOrThrow(Compile()).cached);
  fs::remove(base + ".json");  // written last: without it there is no entry
  EXPECT_FALSE(ValueOrThrow(Compile()).cached);
}

TEST_F(CompileModelTest, TriesTheOlderOpsetForUnknownOperators) {
  for (const char* text :
       {"E16002: No ONNX parser is registered for optype ai.onnx::17::LayerNormalization",
        "E19010: No parser is registered for Op [n, optype LayerNormalization].",
        "[E13010] No operator plugin is registered for Op: n, optype: ai.onnx::17::LayerNormalization"}) {
    SetAtcScript(fmt::format("case $model in *opset17.onnx) fail '{}' ;; *) finish ;; esac", text));
    fs::remove_all(options_.cache);
    exports_ = 0;
    const size_t calls = AtcCalls().size();
    const auto models = CompileSource(Source(), options_, {1, 8});
    EXPECT_EQ(ValueOrThrow(models[0]).opset, 13);
    EXPECT_EQ(ValueOrThrow(models[1]).opset, 13);
    EXPECT_EQ(exports_, 2);
    EXPECT_EQ(AtcCalls().size(), calls + 4);
    EXPECT_THAT(steps_, Contains(HasSubstr("once more at opset 13")));
    // And later finds it at once.
    const CompiledModel again = ValueOrThrow(Compile(8));
    EXPECT_TRUE(again.cached);
    EXPECT_EQ(again.opset, 13);
    EXPECT_EQ(exports_, 2);
    EXPECT_EQ(AtcCalls().size(), calls + 4);
  }
}

TEST_F(CompileModelTest, BothOpsetsFail) {
  SetAtcScript("fail 'E16002: No ONNX parser is registered for optype ai.onnx::13::Conv'");
  EXPECT_EQ(CompileReason().code, "npu.atc.operator");
  EXPECT_THAT(AtcCalls(), SizeIs(2));
}

TEST_F(CompileModelTest, ABatchThatFailsLeavesTheOthers) {
  SetAtcScript("case $input_shape in *:8,*) fail 'E40021: x' ;; *) finish ;; esac");
  const auto models = CompileSource(Source(), options_, {1, 8, 16});
  EXPECT_TRUE(models[0].ok());
  EXPECT_EQ(models[1].status().reasons().at(0).code, "npu.atc.kernel");
  EXPECT_EQ(models[1].status().code(), Code::kUnavailable);
  EXPECT_TRUE(models[2].ok());
  EXPECT_EQ(exports_, 1);
}

TEST_F(CompileModelTest, TakesTheNameWithTheHost) {
  SetAtcScript("finish _linux_aarch64");
  EXPECT_EQ(ReadText(ValueOrThrow(Compile()).path), OmBytes("payload"));
}

TEST_F(CompileModelTest, AtcCannotBeRun) {
  fs::remove(directory_ / "cann/bin/atc");
  options_.machine.variables["PATH"] = "/nowhere";
  BlockingReason reason = CompileReason();
  EXPECT_EQ(reason.code, "npu.atc.missing");
  EXPECT_THAT(reason.advice, HasSubstr("--om_path"));
  Add("cann/bin/atc", "#!/nowhere/sh\n");
  fs::permissions(directory_ / "cann/bin/atc", fs::perms::owner_all);
  reason = CompileReason();
  EXPECT_EQ(reason.code, "npu.atc.missing");
  EXPECT_THAT(reason.symptom, HasSubstr("cannot run it"));
  options_.machine.root = directory_ / "empty";
  EXPECT_EQ(CompileReason().code, "npu.cann.missing");
}

// A machine without a compiler uses what was compiled before, and so does one that may not write there.
TEST_F(CompileModelTest, TheCacheIsEnough) {
  EXPECT_FALSE(ValueOrThrow(Compile()).cached);
  fs::remove(directory_ / "cann/bin/atc");
  options_.machine.variables["PATH"] = "/nowhere";
  fs::permissions(options_.cache, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_TRUE(ValueOrThrow(Compile()).cached);
  fs::permissions(options_.cache, fs::perms::owner_all);
}

TEST_F(CompileModelTest, ChecksTheChipFirst) {
  options_.soc_version = "Ascend910B5";
  BlockingReason reason = CompileReason();
  EXPECT_EQ(reason.code, "npu.soc.unknown");
  EXPECT_THAT(reason.symptom, AllOf(HasSubstr("8.1.RC1"), HasSubstr("\"Ascend910B5\"")));
  EXPECT_THAT(reason.cause, HasSubstr("like it: Ascend910B3, Ascend910B4, "));
  options_.soc_version = "910B4";
  EXPECT_THAT(CompileReason().cause, HasSubstr("like it: Ascend910B4, "));
  options_.soc_version = "Ascend310P3";
  reason = CompileReason();
  EXPECT_EQ(reason.code, "npu.precision.float32");
  EXPECT_THAT(reason.advice, HasSubstr("--dtype float32-reduced"));
  EXPECT_THAT(AtcCalls(), IsEmpty());
  options_.precision = Precision::kFloat32Reduced;
  EXPECT_TRUE(Compile().ok());
  for (const char* soc : {"", "../Ascend910B4", "a b", "--help;", "Ascend\n"}) {
    options_.soc_version = soc;
    EXPECT_THAT(Refusal(Compile()), HasSubstr("--soc_version"));
  }
}

TEST_F(CompileModelTest, TheAuditNamesThePrecision) {
  Add("cann/bin/graph.json", GraphJson("DT_FLOAT16"));
  CompiledModel model = ValueOrThrow(Compile());
  EXPECT_EQ(model.float16_count, 1);
  EXPECT_THAT(model.float16_operators, ElementsAre("stem (Conv2D)"));
  EXPECT_EQ(ComputedPrecision(Precision::kFloat32, model), Precision::kFloat32Reduced);
  EXPECT_EQ(ComputedPrecision(Precision::kFloat16, model), Precision::kFloat16);
  model = ValueOrThrow(Compile());  // and so does the cache
  EXPECT_TRUE(model.cached);
  EXPECT_EQ(ComputedPrecision(Precision::kFloat32, model), Precision::kFloat32Reduced);
  EXPECT_THAT(model.float16_operators, ElementsAre("stem (Conv2D)"));
  EXPECT_EQ(Lines("cann/bin/audits").size(), 1U);

  fs::remove(directory_ / "cann/bin/graph.json");
  model = ValueOrThrow(Compile(2));
  EXPECT_FALSE(model.audited);
  EXPECT_THAT(model.audit_problem, HasSubstr("graph.json"));
  EXPECT_EQ(ComputedPrecision(Precision::kFloat32, model), Precision::kFloat32Unverified);
  Add("cann/bin/graph.json/file", "");  // and this atc fails
  model = ValueOrThrow(Compile(3));
  EXPECT_FALSE(model.audited);
  EXPECT_THAT(model.audit_problem, HasSubstr("ended with code 1"));
  fs::remove_all(directory_ / "cann/bin/graph.json");
  Add("cann/bin/graph.json", GraphJson("DT_FLOAT"));
  EXPECT_EQ(ComputedPrecision(Precision::kFloat32, ValueOrThrow(Compile(4))), Precision::kFloat32);
}

// atc does not take spaces: it works elsewhere then.
TEST_F(CompileModelTest, ACachePathWithSpaces) {
  options_.cache = directory_ / "my cache (é)";
  const TemporaryDirectory elsewhere;
  options_.machine.variables["TMPDIR"] = elsewhere.path();
  const CompiledModel model = ValueOrThrow(Compile());
  EXPECT_THAT(model.path, StartsWith(options_.cache));
  EXPECT_THAT(AtcCalls().at(0), HasSubstr("--model=" + elsewhere.path() + "/convnext-work."));
  EXPECT_TRUE(ValueOrThrow(Compile()).cached);
  EXPECT_THAT(elsewhere.Names(), IsEmpty());
  options_.machine.variables["TMPDIR"] = directory_ / "my cache (é)";  // no better: /tmp
  EXPECT_FALSE(ValueOrThrow(Compile(2)).cached);
  EXPECT_THAT(AtcCalls().at(1), HasSubstr("--model=/tmp/convnext-work."));
}

TEST_F(CompileModelTest, ACacheThatCannotBeWritten) {
  Add("file", "");
  options_.cache = directory_ / "file";
  const auto compiled = Compile();
  ASSERT_FALSE(compiled.ok());
  EXPECT_EQ(compiled.status().code(), Code::kIo);
  EXPECT_THAT(compiled.status().message(),
              AllOf(HasSubstr("that can be written with XDG_CACHE_HOME"), HasSubstr("/file")));
  options_.cache = "";
  options_.machine.variables.erase("HOME");
  EXPECT_THAT(Refusal(Compile()), HasSubstr("set XDG_CACHE_HOME or HOME"));
  EXPECT_THAT(AtcCalls(), IsEmpty());
}

TEST(DefaultCache, FollowsTheVariables) {
  EXPECT_EQ(DefaultCache({"", {{"XDG_CACHE_HOME", "/c"}, {"HOME", "/h"}}}), "/c/convnext/ascend");
  EXPECT_EQ(DefaultCache({"", {{"XDG_CACHE_HOME", "c"}, {"HOME", "/h"}}}), "/h/.cache/convnext/ascend");
  EXPECT_EQ(DefaultCache({"", {}}), "");
}

// A disk that is full, or a limit: no entry comes of it.
TEST_F(CompileModelTest, AFailedExportLeavesNothing) {
  OnnxSource source = Source();
  source.write = [](int, const std::string& path) { return IoError("{}: cannot write it: No space left", path); };
  const auto models = CompileSource(source, options_, {1});
  EXPECT_EQ(models[0].status().code(), Code::kIo);
  EXPECT_THAT(CacheEntries(), IsEmpty());
  EXPECT_THAT(AtcCalls(), IsEmpty());
}

TEST(StoreCompiled, AFailureLeavesNoEntry) {
  const TemporaryDirectory directory;
  const OmIngredients ingredients;
  ASSERT_TRUE(WriteFile(directory / "work/model.om", OmBytes("payload")).ok());
  ASSERT_TRUE(MakeDirectories(directory / ("cache/" + OmKey(ingredients) + ".json")).ok());  // cannot be written
  CompiledModel model;
  EXPECT_FALSE(StoreCompiled(directory / "cache", ingredients, directory / "work/model.om", model).ok());
  EXPECT_FALSE(fs::exists(model.path));
}

// A real model: exported with any batch size, named as atc is told.
TEST_F(CompileModelTest, CompilesAModel) {
  const SyntheticModel synthetic = MakeModel(GoldenConfig("tiny_patch"), 1);
  SetAtcScript("cp \"$model\" \"$here/model.onnx\"; finish");
  options_.height = options_.width = 64;
  const auto compile = [this](const SyntheticModel& source, int64_t batch) {
    return CompileModels(source.file, options_, {batch}).front();
  };
  const CompiledModel model = ValueOrThrow(compile(synthetic, 2));
  EXPECT_THAT(AtcCalls().at(0), HasSubstr("--input_shape=images:2,3,64,64"));
  const std::string onnx = ReadText(directory_ / "cann/bin/model.onnx");
  EXPECT_THAT(onnx, AllOf(HasSubstr("images"), HasSubstr("LayerNormalization"), HasSubstr("embeddings")));
  EXPECT_TRUE(ValueOrThrow(compile(synthetic, 2)).cached);
  // Other weights of the same shapes are another model.
  const SyntheticModel other = MakeModel(GoldenConfig("tiny_patch"), 2);
  EXPECT_NE(ValueOrThrow(compile(other, 2)).key, model.key);
  EXPECT_THAT(AtcCalls(), SizeIs(2));
  EXPECT_THAT(Refusal(compile(synthetic, 0)), HasSubstr("batch 0"));
  options_.width = 16;
  EXPECT_THAT(Refusal(compile(synthetic, 1)), HasSubstr("width 16"));
}

}  // namespace
}  // namespace convnext
