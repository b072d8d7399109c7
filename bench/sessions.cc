// Several sessions of one program on a CPU: what they cost in memory, and whether passes that take turns on all cores
// are slower than passes that share the cores out. bench_sessions MODEL [DTYPE [BATCH [ROUNDS]]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

#include "convnext/engine.h"

namespace convnext {
namespace {

double ResidentMegabytes() {
  const auto status = ReadFile("/proc/self/status", size_t{1} << 20);
  if (!status.ok()) return 0;
  const std::string text(reinterpret_cast<const char*>(status->data()), status->size());
  return std::strtod(text.c_str() + text.find("VmRSS:") + 6, nullptr) / 1024;
}

// Runs `rounds` batches in each session at the same time, and gives the seconds.
double RunAll(const std::vector<std::unique_ptr<Session>>& sessions, const ImageBatch& batch, size_t width,
              int rounds) {
  const auto run = [&](Session& session) {
    std::vector<float> embeddings(static_cast<size_t>(batch.N) * width);
    for (int round = 0; round < rounds; ++round) {
      if (!session.Run(batch, {.embeddings = embeddings}).ok()) std::abort();
    }
  };
  const Stopwatch stopwatch;
  std::vector<std::future<void>> running;
  running.reserve(sessions.size());
  for (const auto& session : sessions) running.push_back(std::async(std::launch::async, run, std::ref(*session)));
  for (auto& each : running) each.get();
  return stopwatch.Seconds();
}

Result<std::vector<std::unique_ptr<Session>>> SessionsOf(const std::vector<Engine>& engines) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (const Engine& engine : engines) {
    CONVNEXT_ASSIGN_OR_RETURN(auto session, engine.NewSession());
    sessions.push_back(std::move(session));
  }
  return sessions;
}

struct Way {
  const char* name;
  std::vector<Engine> engines;  // a session of each
};

Status Measure(const EngineOptions& options, int64_t N, int rounds) {
  CONVNEXT_ASSIGN_OR_RETURN(const Engine engine, OpenEngine(options));
  const ImageSize size = engine.preprocessor().preprocessing().image_size;
  std::vector<uint8_t> pixels(static_cast<size_t>(N * size.height * size.width * 3));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(Splitmix64(i) >> 56);
  const ImageBatch batch{{}, N, size.height, size.width, pixels};
  EngineOptions half = options;
  half.backend.threads = std::max(1, static_cast<int>(engine.device().threads / 2));
  std::vector<Way> ways = {{"one session", {engine}}, {"two take turns", {engine, engine}}};
  const auto dim = static_cast<size_t>(engine.embedding_dim());
  for (int round = 0; round < rounds; ++round) {
    for (const Way& way : ways) {
      CONVNEXT_ASSIGN_OR_RETURN(const auto sessions, SessionsOf(way.engines));
      const double seconds = RunAll(sessions, batch, dim, 4);
      std::printf("%-22s %8.2f ms a picture %8.1f MB\n", way.name,
                  1e3 * seconds / static_cast<double>(4 * batch.N * static_cast<int64_t>(sessions.size())),
                  ResidentMegabytes());
    }
    if (ways.size() > 2) continue;
    CONVNEXT_ASSIGN_OR_RETURN(const Engine left, OpenEngine(half));  // after the memory of sessions has been seen
    CONVNEXT_ASSIGN_OR_RETURN(const Engine right, OpenEngine(half));
    ways.push_back({"two share the cores", {left, right}});
  }
  return {};
}

}  // namespace
}  // namespace convnext

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: bench_sessions MODEL [DTYPE [BATCH [ROUNDS]]]\n"), 2;
  convnext::EngineOptions options;
  options.model_path = argv[1];
  const auto dtype = convnext::FindPrecision(argc > 2 ? argv[2] : "float32");
  if (!dtype) return std::fprintf(stderr, "unknown dtype\n"), 2;
  options.backend.dtype = *dtype;
  const auto status = convnext::Measure(options, argc > 3 ? std::atoi(argv[3]) : 1, argc > 4 ? std::atoi(argv[4]) : 5);
  if (!status.ok()) return std::fprintf(stderr, "%s\n", status.message().c_str()), 1;
  return 0;
}
