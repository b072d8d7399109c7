// Reference embeddings from elsewhere: what is read, what is refused, and when they may be compared with.
#include <nlohmann/json.hpp>

#include "paths.h"
#include "shell.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;

std::string Digest(char digit) { return std::string(64, digit); }

// The digest of [H, W, 3] as timm holds it, [3, H, W].
std::string TensorSha256(const PreparedImage& image) {
  const size_t plane = image.data.size() / 3;
  std::vector<float> planes(image.data.size());
  for (size_t i = 0; i < planes.size(); ++i) planes[i % 3 * plane + i / 3] = image.data[i];
  return Sha256(std::as_bytes(std::span(planes)));
}

// A reference of two pictures: the golden model's embeddings, float64 [2, 20].
class ReferenceFileTest : public testing::Test {
 protected:
  ReferenceFileTest() {
    WriteText(npy_, ReadText(GoldenPath("models/tiny_patch/embedding_f64.npy")));
    json_ = {{"format", "convnext-reference-1"},
             {"model", "convnext_base.synthetic"},
             {"device", "cuda:0"},
             {"dtype", "float64"},
             {"weights_sha256", Digest('a')},
             {"embeddings_sha256", Sha256(BytesOf(ReadText(npy_)))},
             {"versions", {{"timm", "1.0.27"}, {"torch", "2.9.0+cu128"}}},
             {"inputs", {Input("cat.jpg", '1', '2'), Input("dog.png", '3', '4')}}};
  }

  static Json Input(const std::string& name, char file, char tensor) {
    return {{"name", name}, {"file_sha256", Digest(file)}, {"tensor_sha256", Digest(tensor)}, {"shape", {3, 256, 256}}};
  }

  Result<ReferenceFile> Read() const {
    WriteText(directory_ / "r.json", json_.dump());
    return ReadReferenceFile(npy_);
  }

  // The refusal of the JSON with `value` for the field at `pointer`.
  std::string RefusalWith(const char* pointer, const Json& value) const {
    Json json = json_;
    json[Json::json_pointer(pointer)] = value;
    return Refusal(ParseReferenceJson(json.dump()));
  }

  // Other embeddings, with the JSON made to agree with their bytes.
  std::string RefusalOfEmbeddings(const Shape& shape, const std::vector<float>& values) {
    EXPECT_TRUE(WriteNpy(npy_, shape, values).ok());
    json_["embeddings_sha256"] = Sha256(BytesOf(ReadText(npy_)));
    return Refusal(Read());
  }

  TemporaryDirectory directory_;
  std::string npy_ = directory_ / "r.npy";
  Json json_;
};

TEST_F(ReferenceFileTest, Reads) {
  const ReferenceFile file = ValueOrThrow(Read());
  EXPECT_EQ(file.embeddings.shape, Shape({2, 20}));
  EXPECT_EQ(file.embeddings.data, GoldenTensor("tiny_patch", "embedding_f64.npy").data);
  EXPECT_EQ(file.facts.device.device, "cuda:0");
  EXPECT_EQ(file.facts.device.dtype, "float64");
  EXPECT_EQ(file.facts.file_sha256, json_["embeddings_sha256"]);
  EXPECT_EQ(file.facts.versions.at("torch"), "2.9.0+cu128");
  EXPECT_EQ(file.model, "convnext_base.synthetic");
  EXPECT_EQ(file.weights_sha256, Digest('a'));
  ASSERT_EQ(file.inputs.size(), 2U);
  EXPECT_EQ(file.inputs[1].name, "dog.png");
  EXPECT_EQ(file.inputs[1].file_sha256, Digest('3'));
  EXPECT_EQ(file.inputs[1].tensor_sha256, Digest('4'));
  EXPECT_EQ(file.inputs[1].shape, Shape({3, 256, 256}));
}

TEST_F(ReferenceFileTest, RefusesFieldsOfAnotherKind) {
  const std::pair<const char*, Json> wrong[] = {
      {"/model", 1},
      {"/model", ""},
      {"/model", "a\nb"},
      {"/device", std::string(300, 'x')},
      {"/device", nullptr},
      {"/dtype", "float16"},
      {"/weights_sha256", "abc"},
      {"/weights_sha256", Digest('A')},
      {"/embeddings_sha256", Digest('g')},
      {"/versions", Json::array()},
      {"/versions/timm", 1},
      {"/versions/timm", "\x1b[31m"},
      {"/versions/a\tb", "1"},
      {"/inputs", Json::object()},
      {"/inputs", Json::array()},
      {"/inputs/1", "dog.png"},
      {"/inputs/1/name", 7},
      {"/inputs/1/more", 7},
      {"/inputs/1/file_sha256", ""},
      {"/inputs/1/tensor_sha256", Digest('4') + "4"},
      {"/inputs/1/shape", "256"},
      {"/inputs/1/shape", {3, 256}},
      {"/inputs/1/shape", {1, 256, 256}},
      {"/inputs/1/shape", {3, 256, 0}},
      {"/inputs/1/shape", {3, 256, -1}},
      {"/inputs/1/shape", {3, 256, 256.5}},
      {"/more", 1},
  };
  for (const auto& [pointer, value] : wrong) {
    const std::string name = pointer;
    EXPECT_THAT(RefusalWith(pointer, value), HasSubstr(name == "/more" ? "known" : name.substr(1, 5)))
        << pointer << " " << value;
  }
  for (const auto& [name, value] : json_.items()) {
    Json json = json_;
    json.erase(name);
    EXPECT_THAT(Refusal(ParseReferenceJson(json.dump())), HasSubstr("\"" + name + "\"")) << name;
  }
}

TEST_F(ReferenceFileTest, RefusesOtherFormats) {
  EXPECT_THAT(RefusalWith("/format", "convnext-reference-2"),
              AllOf(HasSubstr("convnext-reference-2"), HasSubstr("expected \"convnext-reference-1\"")));
  EXPECT_THAT(RefusalWith("/format", 1), HasSubstr("got 1"));
  for (const char* text : {"", "[]", "1", "{", "{\"architecture\": \"convnext_base\"}", "\xff"})
    EXPECT_NE(Refusal(ParseReferenceJson(text)), "") << text;
}

TEST_F(ReferenceFileTest, LimitsTheNumberOfPicturesAndVersions) {
  for (int i = 0; i < 101; ++i) json_["versions"][std::to_string(i)] = "1";
  EXPECT_THAT(Refusal(Read()), HasSubstr("at most 100"));
  json_["versions"] = Json::object();
  const std::string input = Input("a", '1', '2').dump();
  std::string inputs = input;
  for (int i = 0; i < 100'000; ++i) inputs += "," + input;
  json_["inputs"] = "HERE";
  std::string text = json_.dump();
  text.replace(text.find("\"HERE\""), 6, "[" + inputs + "]");
  EXPECT_THAT(Refusal(ParseReferenceJson(text)), AllOf(HasSubstr("100001"), HasSubstr("1 to 100000")));
}

TEST_F(ReferenceFileTest, RefusesFilesThatDoNotBelongTogether) {
  json_["embeddings_sha256"] = Digest('0');
  EXPECT_THAT(Refusal(Read()), AllOf(HasSubstr("r.npy"), HasSubstr(Digest('0')), HasSubstr("not of one run")));
  EXPECT_THAT(RefusalOfEmbeddings({2, 1}, {1, 2}), AllOf(HasSubstr("float32 [2, 1]"), HasSubstr("float64 [2, ")));
  json_["dtype"] = "float32";
  EXPECT_THAT(RefusalOfEmbeddings({1, 2}, {1, 2}), AllOf(HasSubstr("[1, 2]"), HasSubstr("2 pictures")));
  EXPECT_THAT(RefusalOfEmbeddings({2}, {1, 2}), HasSubstr("[2]"));
  EXPECT_THAT(RefusalOfEmbeddings({2, 0}, {}), HasSubstr("[2, 0]"));
  EXPECT_THAT(RefusalOfEmbeddings({2, 1}, {1, std::numeric_limits<float>::quiet_NaN()}), HasSubstr("NaN"));
  EXPECT_THAT(RefusalOfEmbeddings({2, 1}, {1, std::numeric_limits<float>::infinity()}), HasSubstr("infinity"));
  EXPECT_EQ(RefusalOfEmbeddings({2, 1}, {1, 2}), "(no error)");
  WriteText(npy_, "not an array");
  json_["embeddings_sha256"] = Sha256(BytesOf("not an array"));
  EXPECT_THAT(Refusal(Read()), AllOf(HasSubstr("r.npy"), HasSubstr("not a .npy file")));
}

TEST_F(ReferenceFileTest, SaysWhichFileIsMissing) {
  EXPECT_THAT(Refusal(ReadReferenceFile(npy_)), AllOf(HasSubstr("r.json"), HasSubstr("tools/timm_reference.py")));
  ASSERT_TRUE(Read().ok());
  std::filesystem::remove(npy_);
  EXPECT_THAT(Refusal(ReadReferenceFile(npy_)), HasSubstr("r.npy"));
  EXPECT_THAT(Refusal(ReadReferenceFile(directory_ / "r.json")), HasSubstr("FILE.npy"));
}

class ReferenceMatchTest : public ReferenceFileTest {
 protected:
  ReferenceMatchTest() {
    model_.name = "convnext_base.synthetic";
    model_.weights_sha256 = Digest('a');
    model_.embedding_dim = 20;
    for (const auto& [path, file, tensor] : {std::tuple{"raw/images/cat.jpg", '1', '2'}, {"dog.png", '3', '4'}})
      inputs_.push_back({path, Digest(file), Digest(tensor), 256, 256, false, {}});
  }
  Status Match() const { return MatchReference(ValueOrThrow(Read()), model_, inputs_); }

  ModelFacts model_;
  std::vector<InputFacts> inputs_;
};

TEST_F(ReferenceMatchTest, AcceptsTheSameModelAndTensors) {
  EXPECT_TRUE(Match().ok());
  inputs_[0].file_sha256 = Digest('9');  // the same pixels in another file are the same picture
  EXPECT_TRUE(Match().ok());
}

TEST_F(ReferenceMatchTest, RefusesAnotherModel) {
  model_.embedding_dim = 640;
  EXPECT_THAT(Refusal(Match()), AllOf(HasSubstr("20 numbers"), HasSubstr("640")));
  model_.weights_sha256 = Digest('b');
  EXPECT_THAT(Refusal(Match()),
              AllOf(HasSubstr("other weights"), HasSubstr(Digest('a')), HasSubstr(Digest('b')), HasSubstr("timm")));
}

TEST_F(ReferenceMatchTest, RefusesOtherPictures) {
  std::swap(inputs_[0], inputs_[1]);
  EXPECT_THAT(Refusal(Match()), AllOf(HasSubstr("picture 1: dog.png here, another picture, cat.jpg, in the reference"),
                                      HasSubstr("the same order")));
  inputs_.pop_back();
  EXPECT_THAT(Refusal(Match()), AllOf(HasSubstr("2 pictures"), HasSubstr("of 1")));
}

TEST_F(ReferenceMatchTest, RefusesTheSameFilePreprocessedDifferently) {
  inputs_[1].tensor_sha256 = Digest('5');
  inputs_[1].height = inputs_[1].width = 320;
  EXPECT_THAT(Refusal(Match()),
              AllOf(HasSubstr("picture 2, dog.png: the same file, but preprocessed differently: [3, 320, 320] here, "
                              "[3, 256, 256] in the reference"),
                    HasSubstr("config.json"), HasSubstr("Pillow")));
}

// The tool made this reference with timm 1.0.31 and PyTorch 2.15 of golden photographs and the model tiny_patch:
//   convnext synth --config tests/golden/models/tiny_patch/config.json --seed 1 --output tiny
//   python tools/timm_reference.py --model_path tiny --image_path PHOTOGRAPHS --output photographs.npy
TEST(ReferenceOfTimm, AgreesWithThisProgram) {
  const ReferenceFile reference =
      ValueOrThrow(ReadReferenceFile(std::string(kSourceDirectory) + "/tests/data/reference/photographs.npy"));
  EXPECT_EQ(reference.model, "convnext_base.synthetic");
  EXPECT_EQ(reference.facts.versions.at("pillow"), "13.0.0");
  Engine engine = MakeEngine(MakeModel(GoldenConfig("tiny_patch"), 1), {.device = "cpu"});
  ModelFacts model;
  model.weights_sha256 = engine.model().weights_sha256;
  model.embedding_dim = engine.embedding_dim();

  std::vector<InputFacts> inputs;
  std::vector<float> embeddings;
  for (const ReferenceInput& input : reference.inputs) {
    const PreparedImage image = ValueOrThrow(engine.Prepare(GoldenPath("images/" + input.name)));
    inputs.push_back({input.name, image.sha256, TensorSha256(image), image.height, image.width, false, {}});
    std::vector<float> embedding(static_cast<size_t>(engine.embedding_dim()));
    ASSERT_TRUE(engine.Embed({image.data, 1, image.height, image.width}, embedding).ok());
    embeddings.insert(embeddings.end(), embedding.begin(), embedding.end());
  }
  EXPECT_EQ(MatchReference(reference, model, inputs).message(), "");
  EXPECT_LE(LargestErrorPct<float>(reference.embeddings, embeddings), 2e-4);
}

TEST_F(ShellTest, ReferenceToolExplainsItselfWithoutTimm) {
  const std::string tool = "python3 -S '" + std::string(kSourceDirectory) + "/tools/timm_reference.py' ";
  const Outcome help = Shell(tool + "--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("examples:\n"), HasSubstr("--reference reference.npy")));
  const Outcome wrong = Shell(tool + "--model_path tiny --image_path a.jpg --output reference.txt");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("reference.txt: expected FILE.npy"));
  const Outcome packages = Shell(tool + "--model_path tiny --image_path a.jpg --output reference.npy");
  EXPECT_EQ(packages.exit_code, 4);
  EXPECT_THAT(packages.err, HasSubstr("pip install torch timm"));
}

}  // namespace
}  // namespace convnext
