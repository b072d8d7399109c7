// Embeds pictures with the library: embed MODEL PICTURE... prints the first numbers of each embedding.
#include <convnext/engine.h>

#include <cstdio>
#include <future>

// Two threads share the model, which is loaded once: an Engine is thread-safe.
int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: embed MODEL PICTURE...\n");
    return 2;
  }
  const auto engine = convnext::OpenEngine({.model_path = argv[1], .backend = {.device = "cpu"}});
  if (!engine.ok()) {
    std::fprintf(stderr, "%s\n", engine.status().message().c_str());
    return 1;
  }
  const auto embed = [&engine](char** begin, char** end) {
    return convnext::RunInference(*engine, {.images = {begin, end}});
  };
  char** const middle = argv + 2 + (argc - 2) / 2;
  auto first = std::async(std::launch::async, embed, argv + 2, middle);
  const convnext::Result<convnext::InferenceResult> results[] = {embed(middle, argv + argc), first.get()};
  for (const auto* result : {&results[1], &results[0]}) {
    if (!result->ok()) {
      std::fprintf(stderr, "%s\n", result->status().message().c_str());
      return 1;
    }
    for (size_t i = 0; i < (*result)->images.size(); ++i) {
      const float* embedding = (*result)->embeddings.data() + i * static_cast<size_t>((*result)->embedding_dim);
      std::printf("%s %.6f %.6f %.6f\n", (*result)->images[i].path.c_str(), embedding[0], embedding[1], embedding[2]);
    }
    for (const auto& failed : (*result)->failed) std::fprintf(stderr, "%s\n", failed.status.message().c_str());
  }
  return results[0]->failed.empty() && results[1]->failed.empty() ? 0 : 1;
}
