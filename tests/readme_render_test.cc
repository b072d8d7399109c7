// The READMEs of a bundle: every number in them, the same in both languages, and nothing that a hostile text could do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "convnext/image/image.h"
#include "paths.h"
#include "readme_evidence.h"

namespace convnext {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Render(const Bundle& bundle, Language language) {
  return RenderReadme(bundle.evidence, bundle.documents, bundle.run_digest, language);
}

std::vector<std::string> RenderBothLanguages(const Bundle& bundle) {
  return {Render(bundle, Language::kChinese), Render(bundle, Language::kEnglish)};
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The text outside fenced blocks.
std::string TextOutsideFences(const std::string& text) {
  std::string prose, fence;
  for (const std::string& line : Lines(text)) {
    const std::string run = line.substr(0, line.find_first_not_of('`'));
    if (fence.empty() && run.size() >= 3 && line == run) {
      fence = run;
    } else if (!fence.empty() && run.size() >= fence.size() && line == run) {
      fence.clear();
    } else if (fence.empty()) {
      prose += line + "\n";
    }
  }
  EXPECT_EQ(fence, "");
  return prose;
}

std::vector<std::string> Numbers(const std::string& text) {
  static const std::regex number("[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?");
  std::vector<std::string> numbers;
  for (std::sregex_iterator it(text.begin(), text.end(), number), end; it != end; ++it) numbers.push_back(it->str());
  return numbers;
}

// Between the first two lines "---".
std::vector<std::string> FrontMatter(const std::string& text) {
  std::vector<std::string> lines = Lines(text);
  EXPECT_EQ(lines.at(0), "---");
  lines.erase(lines.begin());
  const auto end = std::find(lines.begin(), lines.end(), "---");
  EXPECT_NE(end, lines.end());
  return {lines.begin(), end};
}

// The text behind the line `heading`, up to the next heading.
std::string Section(const std::string& text, const std::string& heading) {
  const size_t begin = text.find("\n" + heading + "\n");
  EXPECT_NE(begin, std::string::npos) << heading;
  return begin == std::string::npos ? "" : text.substr(begin, text.find("\n#", begin + 1) - begin);
}

void ExpectEachScalar(const nlohmann::ordered_json& json, const std::string& text) {
  if (json.is_structured()) {
    for (const auto& element : json) ExpectEachScalar(element, text);
  } else if (json.is_number()) {
    EXPECT_THAT(text, HasSubstr(json.dump()));
  } else if (json.is_string()) {
    EXPECT_THAT(text, HasSubstr(json.dump().substr(1, json.dump().size() - 2)));
  }
}

TEST(ReadmeRender, FrontMatterNamesTheHardwareExactly) {
  for (const Bundle& bundle : {BlockedBundle(), NpuBundle(), EmbeddingBundle()}) {
    for (const std::string& text : RenderBothLanguages(bundle)) {
      const auto front = FrontMatter(text);
      for (const char* line :
           {"license: apache-2.0", "library_name: timm", "hardware: NPU", "pipeline_tag: image-feature-extraction",
            "base_model: timm/convnext_base.clip_laion2b", "- NPU", "- Ascend", "- ascend-npu"}) {
        EXPECT_EQ(std::count(front.begin(), front.end(), line), 1) << line;
      }
      EXPECT_THAT(front, testing::Each(Not(HasSubstr("verifyToken"))));
      EXPECT_THAT(text, HasSubstr("\n#+NPU\n"));
    }
  }
}

TEST(ReadmeRender, MetricsSayWhereTheyWereMeasured) {
  EXPECT_THAT(Render(BlockedBundle(), Language::kEnglish),
              HasSubstr("name: \"max_rel_error_pct on cpu, synthetic weights\""));
  EXPECT_THAT(Render(NpuBundle(), Language::kEnglish),
              HasSubstr("name: \"throughput_img_per_sec bs4 on npu:0 (Ascend910_9362)\""));
}

TEST(ReadmeRender, EveryTagIsFilled) {
  for (const Bundle& bundle : {BlockedBundle(), NpuBundle(), EmbeddingBundle()}) {
    for (const std::string& text : RenderBothLanguages(bundle)) {
      EXPECT_EQ(text.find("{{"), std::string::npos) << text.substr(text.find("{{"), 100);
      EXPECT_EQ(text.find("}}"), std::string::npos);
      EXPECT_TRUE(text.ends_with("```\n"));
    }
  }
}

TEST(ReadmeRender, NoPlaceholdersAndNoEmptyCells) {
  const std::regex forbidden("TODO|TBD|FIXME|N/A|\\$[A-Za-z{]|\\| *\\||\\bnull\\b|\\bnan\\b");
  for (const Bundle& bundle : {BlockedBundle(), NpuBundle(), EmbeddingBundle()}) {
    for (const std::string& text : RenderBothLanguages(bundle)) {
      const std::string prose = TextOutsideFences(text);
      std::smatch match;
      EXPECT_FALSE(std::regex_search(prose, match, forbidden)) << match.str();
    }
  }
}

TEST(ReadmeRender, TablesKeepTheirColumns) {
  for (const Bundle& bundle : {BlockedBundle(), NpuBundle(), EmbeddingBundle()}) {
    for (const std::string& text : RenderBothLanguages(bundle)) {
      ptrdiff_t columns = 0;
      for (const std::string& line : Lines(TextOutsideFences(text))) {
        const ptrdiff_t bars = line.starts_with('|') ? std::count(line.begin(), line.end(), '|') : 0;
        EXPECT_TRUE(columns == 0 || bars == 0 || bars == columns) << line;
        columns = bars;
      }
    }
  }
}

TEST(ReadmeRender, EveryValueOfTheDocumentsIsThere) {
  const Bundle bundle = EmbeddingBundle();
  for (const std::string& text : RenderBothLanguages(bundle)) {
    for (const auto& [path, document] : bundle.documents) {
      EXPECT_THAT(text, HasSubstr(document)) << path;
      if (!path.ends_with(".json")) continue;
      auto json = nlohmann::ordered_json::parse(document);
      json.erase("npu_smi");  // of several lines: as text only
      ExpectEachScalar(json, TextOutsideFences(text));
    }
  }
}

TEST(ReadmeRender, TablesNameSourceMetricAndValue) {
  const std::string text = Render(NpuBundle(), Language::kChinese);
  EXPECT_THAT(text, HasSubstr("| `logs/inference.json` | `input_shape` | [1,3,256,256] |\n"));
  EXPECT_THAT(text, HasSubstr("| `logs/inference.json` | `phase_times_sec.decode` | 0.001812 |\n"));
  EXPECT_THAT(text, HasSubstr("| `logs/inference.json` | `warnings` | 无 |\n"));
  EXPECT_THAT(text, HasSubstr("| `results/accuracy_eval.json` | `per_image_results[0].max_abs_error` | 0.000"));
  EXPECT_THAT(text, HasSubstr("| `results/performance_eval.json` | `per_batch_results.bs1.num_runs` | 10 |\n"));
  EXPECT_THAT(text, HasSubstr("| `results/env_info.json` | `torch_version` | 无 |\n"));
  EXPECT_THAT(text, Not(HasSubstr("bs1.times_ns`")));
  EXPECT_THAT(text, Not(HasSubstr("`npu_smi`")));
}

TEST(ReadmeRender, BlockedNpuIsSaidAndNoNumberIsGivenToIt) {
  const std::vector<std::string> texts = RenderBothLanguages(BlockedBundle());
  for (const std::string& text : texts) {
    const std::string prose = TextOutsideFences(text);
    EXPECT_THAT(prose, HasSubstr("BLOCKED"));
    EXPECT_THAT(text, Not(HasSubstr("npu:0")));
    EXPECT_THAT(text, Not(HasSubstr("Ascend910")));
  }
  EXPECT_THAT(texts[0], HasSubstr("| `npu.driver.missing` | 没有 /dev/davinci_manager | 没有加载昇腾驱动 | 安装昇腾"));
  EXPECT_THAT(texts[1], HasSubstr("| `npu.driver.missing` | /dev/davinci_manager does not exist | no Ascend driver"));
  EXPECT_THAT(texts[0], HasSubstr("本证据包中没有任何 NPU 数值"));
  EXPECT_THAT(texts[0], HasSubstr("**PASS（仅限 CPU）。**"));
  EXPECT_THAT(texts[1], HasSubstr("there is no NPU number in this bundle"));
  EXPECT_THAT(texts[1], HasSubstr("**PASS (CPU only).**"));
  EXPECT_THAT(texts[1], HasSubstr("| Repository branch | not in a git repository |"));
  EXPECT_THAT(texts[1], HasSubstr("SYNTHETIC WEIGHTS"));
}

// Whatever a record says in words, each README has in its own language.
TEST(ReadmeRender, EachReadmeHasItsOwnLanguage) {
  Bundle bundle = BlockedBundle();
  const auto reasons = bundle.evidence.environment.blocking_reasons;
  for (const BlockingReason& reason : reasons) {
    const auto texts = RenderBothLanguages(bundle);
    for (const std::string& english : {reason.symptom, reason.cause, reason.advice}) {
      if (english.empty()) continue;
      EXPECT_THAT(texts[0], Not(HasSubstr(english)));
      EXPECT_THAT(texts[1], HasSubstr(english));
    }
    EXPECT_THAT(texts[0], HasSubstr(reason.chinese->symptom));
    EXPECT_THAT(texts[1], Not(HasSubstr(reason.chinese->symptom)));
  }
  bundle.evidence.environment.blocking_reasons[0].chinese.reset();  // as a record of an earlier version
  EXPECT_THAT(Render(bundle, Language::kChinese),
              HasSubstr("| /dev/davinci_manager does not exist | no Ascend driver"));

  Bundle reduced = NpuBundle();
  reduced.evidence.accuracy.device.dtype = "float16";
  reduced.evidence.accuracy.device.precision = "2 operators read float16";
  reduced.evidence.accuracy.device.precision_chinese = "有 2 个算子读取 float16";
  EXPECT_THAT(Render(reduced, Language::kChinese), HasSubstr("无法确认：有 2 个算子读取 float16。"));
  EXPECT_THAT(Render(reduced, Language::kEnglish), HasSubstr("could not be seen: 2 operators read float16."));
}

TEST(ReadmeRender, CpuWithoutReasonsIsNotCalledBlocked) {
  Bundle bundle = BlockedBundle();
  bundle.evidence.environment.requested_device = "cpu";
  bundle.evidence.environment.blocking_reasons.clear();
  const std::string text = Render(bundle, Language::kEnglish);
  EXPECT_THAT(text, HasSubstr("no NPU was used"));
  EXPECT_THAT(text, Not(HasSubstr("BLOCKED")));
  EXPECT_THAT(text, HasSubstr("there is no NPU number in this bundle"));
}

TEST(ReadmeRender, NpuIsNamedWhereItMeasured) {
  const std::string text = Render(NpuBundle(), Language::kEnglish);
  EXPECT_THAT(text, HasSubstr("**Status: measured on an NPU.** The tested device is `npu:0` (model Ascend910_9362)"));
  EXPECT_THAT(text, HasSubstr("**PASS.** On `npu:0` (Ascend910_9362) all 3 pictures"));
  EXPECT_THAT(text, Not(HasSubstr("SYNTHETIC")));
  EXPECT_THAT(text, Not(HasSubstr("BLOCKED")));
  EXPECT_THAT(text, Not(HasSubstr("not measured")));
  EXPECT_THAT(text, HasSubstr("| Repository commit | `765e2c4a3d3d7a8b1f0c9e` (with uncommitted changes) |"));
}

TEST(ReadmeRender, VerdictIsComputedFromTheLargestError) {
  Bundle bundle = NpuBundle();
  bundle.evidence.test_embeddings.data[readme::kDim + 5] += 0.016;  // about 1.1 % of the largest, far less on average
  bundle.documents["results/accuracy_eval.json"] = readme::AccuracyDocument(bundle.evidence).dump();
  for (const std::string& text : RenderBothLanguages(bundle)) {
    EXPECT_THAT(text, HasSubstr("FAIL"));
    EXPECT_THAT(text, Not(HasSubstr("PASS")));
  }
  bundle.evidence.test_embeddings.data[0] = std::nan("");
  EXPECT_THAT(Render(bundle, Language::kEnglish), Not(HasSubstr("PASS")));
}

TEST(ReadmeRender, SideBySideShowsBothVectors) {
  const Bundle bundle = NpuBundle();
  const std::string text =
      Section(Render(bundle, Language::kEnglish), "### CPU/GPU reference and tested device side by side");
  for (size_t i = 0; i < 8; ++i) {
    const size_t at = 2 * readme::kDim + i;
    const double reference = bundle.evidence.reference_embeddings.data[at];
    const double test = bundle.evidence.test_embeddings.data[at];
    EXPECT_THAT(text, HasSubstr(fmt::format(" {:.9g} |", reference)));
    EXPECT_THAT(text, HasSubstr(fmt::format(" {:.9g} |", test)));
    EXPECT_THAT(text, HasSubstr(fmt::format(" {:.9g} |", test - reference)));
  }
  EXPECT_THAT(text, HasSubstr("| 2 | reference `cpu` |"));
  EXPECT_THAT(text, HasSubstr("| 2 | tested `npu:0` |"));
}

// What the reference's README promises of the performance: latency, throughput, batch, input size, dtype and memory.
TEST(ReadmeRender, PerformanceHasInputSizeTypeAndMemory) {
  const auto texts = RenderBothLanguages(NpuBundle());
  const std::string english = Section(texts[1], "## Performance"), chinese = Section(texts[0], "## 性能");
  for (const std::string& text : {english, chinese}) {
    EXPECT_THAT(text, HasSubstr("| `dtype` | float32 |\n| `input_size` | [3,256,256] |\n"));
    EXPECT_THAT(text, HasSubstr("`memory_before` | 785.57 / 61954.43 / 62740.0 |\n"));
    EXPECT_THAT(text, HasSubstr("`memory_after` | 1296.75 / 61443.25 / 62740.0 |\n"));
  }
  EXPECT_THAT(english, HasSubstr("that of the NPUs in use"));
  EXPECT_THAT(Section(Render(BlockedBundle(), Language::kEnglish), "## Performance"), HasSubstr("the host's"));
}

// The rows of options name whatever a program of this version takes.
TEST(ReadmeRender, OptionsHaveAllTheirValues) {
  for (const std::string& text : RenderBothLanguages(BlockedBundle())) {
    for (const char* value : {"`cpu`", "`cpu-reference`", "`npu`", "`npu:K`", "`npu:K,npu:L`", "`npu:all`", "`bf16`",
                              "`fp16`", "`fp32`", "`--exif_orientation`", "`apply`"})
      EXPECT_THAT(text, HasSubstr(value));
    for (const Precision dtype :
         {Precision::kFloat32, Precision::kBfloat16, Precision::kFloat32Reduced, Precision::kFloat16})
      EXPECT_THAT(text, HasSubstr(fmt::format("`{}`", Name(dtype))));
    std::string formats = text;
    for (size_t at = formats.find("、"); at != std::string::npos; at = formats.find("、", at))
      formats.replace(at, std::string("、").size(), ", ");
    EXPECT_THAT(formats, HasSubstr("JPEG, PNG, WebP, GIF, TIFF, JPEG2000, AVIF, BMP, ICO, PNM, QOI, TGA"));
    const std::string read = PictureFormatNames();  // without AVIF in some builds
    const bool reads_all = read.find("AVIF") != std::string::npos;
    EXPECT_TRUE(!reads_all || formats.find(read) != std::string::npos) << read;
  }
}

TEST(ReadmeRender, PythonIsNamedWhereALauncherStartedTheRun) {
  Bundle bundle = BlockedBundle();
  EXPECT_THAT(Render(bundle, Language::kEnglish), HasSubstr("| Python | not used: convnext was started by itself |"));
  bundle.evidence.environment.launcher = LauncherFacts{"3.11.14", "26.0.1"};
  EXPECT_THAT(Render(bundle, Language::kEnglish),
              HasSubstr("| Python | 3.11.14, pip 26.0.1; it only starts convnext |"));
  EXPECT_THAT(Render(bundle, Language::kChinese), HasSubstr("| Python | 3.11.14，pip 26.0.1；仅用于启动 convnext |"));
  bundle.evidence.environment.launcher->pip.reset();
  EXPECT_THAT(Render(bundle, Language::kChinese), HasSubstr("| Python | 3.11.14，pip 未安装；"));
}

TEST(ReadmeRender, BothLanguagesHaveTheSameNumbersInTheSameOrder) {
  for (Bundle bundle : {BlockedBundle(), NpuBundle(), EmbeddingBundle()}) {
    bundle.evidence.accuracy.drift = {{"stem", 0.0123, 0.0045}, {"stage 0", 0.0234, 0.0056}};
    bundle.evidence.accuracy.reference.file_sha256 = readme::Digest("reference");
    bundle.evidence.accuracy.reference.versions = {{"timm", "1.0.27"}, {"torch", "2.9.0"}};
    const auto texts = RenderBothLanguages(bundle);
    EXPECT_EQ(Numbers(texts[0]), Numbers(texts[1]));
    EXPECT_THAT(texts[1], HasSubstr("| `stage 0` | 0.0234 | 0.0056 |"));
    EXPECT_THAT(texts[1], HasSubstr(", timm 1.0.27, torch 2.9.0."));
  }
}

TEST(ReadmeRender, AnEmbeddingIsThereOnlyWhereItWasRecorded) {
  for (const std::string& text : RenderBothLanguages(NpuBundle())) EXPECT_THAT(text, Not(HasSubstr("embedding.json")));
  const auto texts = RenderBothLanguages(EmbeddingBundle());
  const std::string english = Section(texts[1], "## Many pictures"), chinese = Section(texts[0], "## 大批量图片");
  EXPECT_THAT(english, HasSubstr("INCOMPLETE: units of its plan were left"));
  EXPECT_THAT(chinese, HasSubstr("未完成：记录时计划中还有单元没有完成"));
  for (const std::string& text : {english, chinese}) {
    EXPECT_THAT(text, HasSubstr("| 1 / 2 |\n"));
    EXPECT_THAT(text, HasSubstr("| `picture.empty` | 2 |\n"));
    EXPECT_THAT(text, HasSubstr("| 0 / 1 | 20 | 18 | 2 | 3.25 | 6.153846153846154 |\n"));
  }
  Bundle idle = EmbeddingBundle();  // all was there already
  idle.evidence.embedding->own_pictures = idle.evidence.embedding->own_rows = 0;
  idle.evidence.embedding->own_failures = {};
  idle.evidence.embedding->units = 1;
  idle.evidence.embedded_units[0].failures = {};
  idle.documents[kEmbeddingJsonPath] = EmbeddingJson(*idle.evidence.embedding, idle.evidence.embedded_units);
  const std::string text = Section(Render(idle, Language::kEnglish), "## Many pictures");
  EXPECT_THAT(text, HasSubstr("All units of its plan are done"));
  EXPECT_THAT(text, HasSubstr("none: it embedded no picture"));
  EXPECT_THAT(text, HasSubstr("| none | 0 |"));
}

// The tags of a template, in order, without the words for what is not there.
std::vector<std::string> TemplateTags(const std::string& language) {
  const std::string path = std::string(kSourceDirectory) + "/src/convnext/bundle/templates/README." + language + ".md";
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  static const std::regex tag("\\{\\{([^ }]+( (?!or )[^ }]+)?)");
  std::vector<std::string> tags;
  for (std::sregex_iterator it(text.begin(), text.end(), tag), end; it != end; ++it) tags.push_back(it->str(1));
  return tags;
}

TEST(ReadmeRender, TemplatesAreParallel) {
  EXPECT_GT(TemplateTags("zh").size(), 150U);
  EXPECT_EQ(TemplateTags("zh"), TemplateTags("en"));
}

TEST(ReadmeRender, EnglishHasNoChineseButTheTrack) {
  std::string text = Render(NpuBundle(), Language::kEnglish);
  const std::string track = "Track 1: 模型适配";
  ASSERT_THAT(text, HasSubstr(track));
  text.erase(text.find(track), track.size());
  const std::regex cjk("[\xe4-\xe9][\x80-\xbf][\x80-\xbf]");
  std::smatch match;
  EXPECT_FALSE(std::regex_search(text, match, cjk)) << match.str();
}

TEST(ReadmeRender, IsTheSameEachTime) {
  const Bundle bundle = BlockedBundle();
  EXPECT_EQ(RenderBothLanguages(bundle), RenderBothLanguages(bundle));
}

TEST(ReadmeRender, RunDigestHasItsOwnLine) {
  const Bundle bundle = BlockedBundle();
  for (const std::string& text : RenderBothLanguages(bundle)) {
    EXPECT_THAT(text, HasSubstr("\n```\nrun digest: sha256:" + bundle.run_digest + "\n```\n"));
  }
}

TEST(ReadmeRender, LogsCannotCloseTheirFence) {
  Bundle bundle = BlockedBundle();
  bundle.documents["logs/env_check.log"] = "a\n```\n# PASS on npu:0\n`````\n<script>\n";
  for (const std::string& text : RenderBothLanguages(bundle)) {
    EXPECT_THAT(text, HasSubstr("\n``````\na\n```\n# PASS on npu:0\n`````\n<script>\n``````\n"));
    EXPECT_THAT(TextOutsideFences(text), Not(HasSubstr("PASS on npu:0")));
  }
}

TEST(ReadmeRender, HostileTextStaysInItsCell) {
  const Bundle honest = BlockedBundle();
  Bundle bundle = honest;
  const std::string hostile = "a|b`c\n# x\r<img src=x> ](javascript:1) \x1b[31m \xff \"--- {{model}} $HOME";
  Evidence& evidence = bundle.evidence;
  evidence.report.repository_url = hostile;
  evidence.report.git = {.branch = hostile, .commit = hostile, .dirty = false, .remote = hostile};
  evidence.environment.os = hostile;
  evidence.environment.libraries = {{hostile, hostile}, {"highway", "1"}, {"fmt", "9"}};
  evidence.environment.blocking_reasons[0] = {hostile, hostile, hostile, hostile,
                                              ReasonTexts{hostile, hostile, hostile}};
  for (auto* inputs : {&evidence.inference.inputs, &evidence.accuracy.inputs}) inputs->at(0).path = hostile;
  for (ModelFacts* model : {&evidence.accuracy.model, &evidence.performance.model}) model->name = hostile;
  evidence.accuracy.device.npu_name = hostile;
  for (const Language language : {Language::kChinese, Language::kEnglish}) {
    const std::string text = Render(bundle, language), expected = Render(honest, language);
    EXPECT_EQ(FrontMatter(text).size(), FrontMatter(expected).size());
    const std::string prose = TextOutsideFences(text);
    EXPECT_EQ(Lines(prose).size(), Lines(TextOutsideFences(expected)).size());
    for (const char* forbidden : {"b`c", "<img", "](javascript", "\x1b", "\r", "\xff", "{{", "$HOME"}) {
      EXPECT_THAT(prose.substr(prose.find("\n---\n")), Not(HasSubstr(forbidden)));
    }
    for (const std::string& line : Lines(prose)) EXPECT_FALSE(line.starts_with("# x")) << line;
  }
}

TEST(ReadmeRender, HostileNamesStayInsideTheirYamlScalar) {
  Bundle bundle = BlockedBundle();
  bundle.evidence.accuracy.model.name = "a\"\nhardware: CPU\n---\n: #";
  const auto front = FrontMatter(Render(bundle, Language::kEnglish));
  EXPECT_THAT(front, testing::Contains("base_model: \"timm/a\\\"\\\\u000ahardware: CPU\\\\u000a---\\\\u000a: #\""));
  EXPECT_THAT(front, Not(testing::Contains("hardware: CPU")));
}

TEST(ReadmeRender, AMissingDocumentLeavesTagsThatAreSeen) {
  Bundle bundle = BlockedBundle();
  bundle.documents.erase("results/accuracy_eval.json");
  EXPECT_THAT(Render(bundle, Language::kEnglish), HasSubstr("{{doc.accuracy.num_images}}"));
}

}  // namespace
}  // namespace convnext
