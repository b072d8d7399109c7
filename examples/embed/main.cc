// Embeds pictures with the library: embed MODEL PICTURE... prints the first numbers of each embedding.
#include <engine/engine.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: embed MODEL PICTURE...\n");
    return 2;
  }
  auto engine = convnext::Engine::Open({.model_path = argv[1], .backend = {.device = "cpu"}});
  if (!engine.ok()) {
    std::fprintf(stderr, "%s\n", engine.status().message().c_str());
    return 1;
  }
  const auto result = convnext::RunInference(*engine, {.images = {argv + 2, argv + argc}});
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.status().message().c_str());
    return 1;
  }
  for (size_t i = 0; i < result->images.size(); ++i) {
    const float* embedding = result->embeddings.data() + i * static_cast<size_t>(result->embedding_dim);
    std::printf("%s %.6f %.6f %.6f\n", result->images[i].path.c_str(), embedding[0], embedding[1], embedding[2]);
  }
  for (const auto& failed : result->failed) std::fprintf(stderr, "%s\n", failed.status.message().c_str());
  return result->failed.empty() ? 0 : 1;
}
