// Configs of all kinds (tests/data/make_configs.py): timm's and open_clip's own answers, or a refusal. No case may be
// taken and give anything else.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "golden_model.h"
#include "test_util.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAreArray;
using testing::IsEmpty;

std::string DataPath(const std::string& file) { return std::string(kSourceDirectory) + "/tests/data/configs/" + file; }

Json ReadCases(const std::string& file) { return Json::parse(ReadText(DataPath(file))); }

// Cases that a library takes and this program refuses, by the beginning of their names, with the reason.
const std::map<std::string, std::string> kRefused = {
    {"model_args output_stride 16", "dilation"},
    {"model_args depths [1, 1, 1, 1, 1]", "list of 4"},
    {"no classes, global_pool ", "feature map"},
    {"no projection, no pool", "feature map"},
    {"none projection, no pool", "feature map"},
    {"image_size [64]", "list of one"},
    {"timm_model_name null", "a vision transformer"},
    {"timm_pool \"abs_attn\"", "attention pooling"},
    {"size \"64\"", "a size that is not used, and no number"},
    {"size [64", "a size that is not used, and no pair"},
};

bool MayBeRefused(const std::string& name) {
  return std::any_of(kRefused.begin(), kRefused.end(), [&](const auto& refused) {
    return name == refused.first || (refused.first.ends_with("pool") && name.starts_with(refused.first)) ||
           (refused.first == "size [64" && name.starts_with("size [64"));
  });
}

class ModelConfigs : public testing::Test {
 protected:
  // Writes the tensors, synthetic by their timm names, as `timm_names` translates them.
  static void WriteWeights(const std::string& path, const std::vector<NamedShape>& tensors,
                           const std::function<std::string(std::string)>& timm_name) {
    std::vector<TensorToWrite> list;
    for (const NamedShape& tensor : tensors) {
      const auto fill = [name = timm_name(tensor.name), shape = tensor.shape](std::span<float> values) {
        FillSynthetic(name, shape, 0, values);
      };
      list.push_back({tensor.name, tensor.shape, fill});
    }
    ASSERT_TRUE(WriteSafetensors(path, {}, list).ok());
  }

  Result<Engine> Open(const Json& config, const std::string& name) {
    WriteText(directory_ / name, config.is_string() ? config.get<std::string>() : config.dump());
    EngineOptions options;
    options.model_path = directory_.path();
    options.backend.threads = 1;
    return OpenEngine(options);
  }

  static void ExpectAnswer(const Json& answer, const std::string& picture, Engine& engine) {
    const PreparedImage image = ValueOrThrow(engine.Prepare(DataPath(picture)));
    EXPECT_EQ(Json({image.height, image.width}), answer["size"]);
    EXPECT_EQ(TensorSha256(image.data), answer["tensor_sha256"]);
    if (!answer.contains("embedding")) return;
    const auto expected = answer["embedding"].get<std::vector<double>>();
    ASSERT_EQ(static_cast<size_t>(engine.embedding_dim()), expected.size());
    std::vector<float> embedding(expected.size());
    ASSERT_TRUE(engine.Embed({image.data, 1, image.height, image.width}, embedding).ok());
    double error = 0, largest = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      error = std::max(error, std::abs(embedding[i] - expected[i]));
      largest = std::max(largest, std::abs(expected[i]));
    }
    EXPECT_LT(error, 1e-5 * largest);
  }

  TemporaryDirectory directory_;
};

const char* HeadArguments(const std::string& head) {
  return head == "hidden" ? R"({"head_hidden_size": 20, "num_classes": 12})"
         : head == "none" ? R"({"num_classes": 0})"
                          : R"({"num_classes": 12})";
}

std::vector<NamedShape> TimmTensors(const std::string& head) {
  Json config = {{"architecture", "convnext_tiny"}, {"model_args", Json::parse(HeadArguments(head))}};
  config["model_args"].update({{"depths", {1, 1, 1, 1}}, {"dims", {8, 16, 24, 32}}});
  return ExpectedTensors(ValueOrThrow(ParseConfig(config.dump(), head)));
}

// The values that a config says, for files whose model is not small.
void ExpectTransform(const Json& answer, const std::string& picture, const std::string& config) {
  const auto parsed = ParseConfig(config, "config.json");
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const Preprocessing& preprocessing = parsed->preprocessing;
  const auto pixels = ValueOrThrow(Preprocessor(preprocessing).Load(DataPath(picture))).pixels;
  AlignedVector<float> data(pixels.data.size());
  Normalize(pixels, preprocessing, data);
  EXPECT_EQ(Json({pixels.height, pixels.width}), answer["size"]);
  EXPECT_EQ(TensorSha256(data), answer["tensor_sha256"]);
}

TEST_F(ModelConfigs, GiveWhatTimmGives) {
  const Json cases = ReadCases("timm.json");
  std::map<std::string, std::string> weights;
  for (const char* head : {"plain", "hidden", "none"}) {
    weights[head] = directory_ / (std::string(head) + ".weights");
    WriteWeights(weights[head], TimmTensors(head), [](std::string name) { return name; });
  }
  size_t answered = 0;
  for (const Json& item : cases) {
    const auto name = item["name"].get<std::string>();
    SCOPED_TRACE(name);
    const Json& config = item["config"];
    if (item.contains("answer") && !item["answer"].contains("embedding")) {
      ExpectTransform(item["answer"], item["picture"], config.dump());
      continue;
    }
    std::filesystem::remove(directory_ / "model.safetensors");
    std::filesystem::create_symlink(weights.at(item["head"]), directory_ / "model.safetensors");
    auto engine = Open(config, "config.json");
    if (!item.contains("answer")) continue;  // timm refuses it; what it might mean is ours to say
    EXPECT_EQ(engine.ok(), !MayBeRefused(name)) << engine.status().message();
    if (!engine.ok()) continue;
    ExpectAnswer(item["answer"], item["picture"], *engine);
    ++answered;
  }
  EXPECT_GT(answered, 400u);
}

// open_clip's names as the synthetic rule has them.
std::string TimmName(std::string name) {
  const std::pair<std::string, std::string> kNames[] = {{"trunk.", ""},
                                                        {"head.proj.", "head.fc."},
                                                        {"head.mlp.fc1.", "head.pre_logits.fc."},
                                                        {"head.mlp.fc2.", "head.fc."}};
  for (const auto& [from, to] : kNames) {
    if (const size_t at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
  }
  return name;
}

TEST_F(ModelConfigs, GiveWhatOpenClipGives) {
  const Json cases = ReadCases("open_clip.json"), sets = ReadCases("open_clip_tensors.json");
  for (size_t i = 0; i < sets.size(); ++i) {
    std::vector<NamedShape> tensors;
    for (const auto& [name, shape] : sets[i].items()) tensors.push_back({"visual." + name, shape.get<Shape>()});
    WriteWeights(directory_ / std::to_string(i), tensors, [](std::string name) { return TimmName(name.substr(7)); });
  }
  size_t answered = 0;
  for (const Json& item : cases) {
    const auto name = item["name"].get<std::string>();
    SCOPED_TRACE(name);
    if (!item.contains("answer")) continue;
    std::filesystem::remove(directory_ / "open_clip_model.safetensors");
    std::filesystem::create_symlink(directory_ / std::to_string(item["tensors"].get<int>()),
                                    directory_ / "open_clip_model.safetensors");
    auto engine = Open(item["config"], "open_clip_config.json");
    EXPECT_EQ(engine.ok(), !MayBeRefused(name)) << engine.status().message();
    if (!engine.ok()) continue;
    ExpectAnswer(item["answer"], item["picture"], *engine);
    ++answered;
  }
  EXPECT_GT(answered, 190u);
}

// Nothing said at all: timm's defaults, and the sizes of the tensors.
TEST_F(ModelConfigs, NoneAndAnEmptyOneAreTimmsDefaults) {
  const Json cases = ReadCases("timm.json");
  const auto place = std::find_if(cases.begin(), cases.end(), [](const Json& item) { return item["name"] == "only "; });
  ASSERT_NE(place, cases.end());
  WriteWeights(directory_ / "model.safetensors", TimmTensors("plain"), [](std::string name) { return name; });
  EngineOptions options;
  options.model_path = directory_.path();
  Engine none = ValueOrThrow(OpenEngine(options));
  ExpectAnswer((*place)["answer"], (*place)["picture"], none);
  Engine empty = ValueOrThrow(Open(Json::object(), "config.json"));
  ExpectAnswer((*place)["answer"], (*place)["picture"], empty);
  EXPECT_THAT(empty.model().config.notes, testing::ElementsAre(testing::HasSubstr("timm's defaults")));
}

}  // namespace
}  // namespace convnext
