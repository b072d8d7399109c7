#include "convnext/eval/inputs.h"

#include <algorithm>
#include <filesystem>

#include "convnext/image/image.h"
#include "convnext/scenes/scenes.h"

namespace convnext {
namespace {

// A bundle is read by people and checked into git: no huge pictures.
constexpr size_t kMaxPictureBytes = size_t{32} << 20;

bool IsPlain(char c) { return c == '.' || c == '-' || c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

// "03_my_cat.jpg": numbered, so that two pictures of the same name have room, and plain, whatever the user's name is.
std::string NameInBundle(size_t index, const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !IsPlain(c); }, '_');
  constexpr size_t kLongest = 80;
  if (name.size() > kLongest) name.erase(0, name.size() - kLongest);
  return fmt::format("{}/{:02}_{}", kImageFolder, index + 1, name);
}

// Whether these are the pixels of a test image. A file of one is small in any format.
bool IsDrawn(const std::vector<std::byte>& file) {
  constexpr size_t kLargest = size_t{1} << 20;
  if (file.size() > kLargest) return false;
  const auto decoded = DecodeImage(file);
  return decoded.ok() && FindTestImage(decoded->pixels).has_value();
}

Result<SourcePicture> ReadPicture(size_t index, const std::string& path) {
  if (path.ends_with(".npy"))
    return Invalid("{}: an evaluation takes pictures ({}), not tensors", Printable(path, 1000), PictureFormatNames());
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMaxPictureBytes));
  return SourcePicture{
      NameInBundle(index, path), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, IsDrawn(bytes)};
}

Result<SourcePicture> MakePicture(size_t index) {
  CONVNEXT_ASSIGN_OR_RETURN(auto png, TestImagePng(static_cast<int>(index)));
  return SourcePicture{fmt::format("{}/{:02}_test_image.png", kImageFolder, index + 1), std::move(png), true};
}

}  // namespace

Result<std::vector<SourcePicture>> GatherPictures(const InputOptions& options) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("inputs", options.count, kInputCounts));
  std::vector<SourcePicture> pictures;
  for (size_t i = 0; i < static_cast<size_t>(options.count); ++i) {
    CONVNEXT_ASSIGN_OR_RETURN(auto picture,
                              i < options.image_paths.size() ? ReadPicture(i, options.image_paths[i]) : MakePicture(i));
    for (const SourcePicture& other : pictures) {
      if (other.bytes == picture.bytes)
        return Invalid("{} is the same picture as {}: in an evaluation each counts once", picture.path, other.path);
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

Result<std::vector<EvaluationInput>> PrepareInputs(const Engine& engine, const std::vector<SourcePicture>& pictures) {
  std::vector<EvaluationInput> inputs;
  for (const SourcePicture& picture : pictures) {
    CONVNEXT_ASSIGN_OR_RETURN(auto image, engine.Prepare(std::as_bytes(std::span(picture.bytes)), picture.path));
    InputFacts facts = {.path = picture.path,
                        .file_sha256 = image.sha256,
                        .tensor_sha256 = TensorSha256(image.data),
                        .height = image.height,
                        .width = image.width,
                        .generated = picture.generated,
                        .warnings = image.warnings,
                        .turned = image.turned};
    inputs.push_back({std::move(facts), std::move(image)});
  }
  return inputs;
}

std::vector<InputFacts> FactsOf(const std::vector<EvaluationInput>& inputs) {
  std::vector<InputFacts> facts;
  facts.reserve(inputs.size());
  for (const EvaluationInput& input : inputs) facts.push_back(input.facts);
  return facts;
}

}  // namespace convnext
