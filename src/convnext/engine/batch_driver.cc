#include "convnext/engine/batch_driver.h"

namespace convnext {

Result<BatchDriver> BatchDriver::Open(const Engine& engine) {
  CONVNEXT_ASSIGN_OR_RETURN(auto session, engine.NewSession());
  return BatchDriver(std::move(session), engine.embedding_dim());
}

void BatchDriver::Clear() {
  N_ = 0;
  data_.clear();
}

bool BatchDriver::Fits(const PreparedImage& image) const {
  return N_ == 0 || (image.height == H_ && image.width == W_);
}

Status BatchDriver::Add(const PreparedImage& image) {
  if (!Fits(image))
    return Internal("a picture of {}x{} in a batch of pictures of {}x{}", image.height, image.width, H_, W_);
  ++N_;
  H_ = image.height;
  W_ = image.width;
  data_.insert(data_.end(), image.data.begin(), image.data.end());
  return {};
}

Result<std::vector<double>> BatchDriver::WarmUp(int64_t runs) {
  std::vector<double> seconds;
  for (int64_t i = 0; i < runs; ++i) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto run, Run());
    seconds.push_back(run.seconds);
  }
  return seconds;
}

Result<BatchRun> BatchDriver::Run(const Tap<float>& tap) {
  embeddings_.resize(static_cast<size_t>(N_ * embedding_dim_));
  const Stopwatch stopwatch;
  CONVNEXT_ASSIGN_OR_RETURN(const auto report,
                            session_->Run({data_, N_, H_, W_}, {.embeddings = embeddings_}, {.tap = tap}));
  return BatchRun{stopwatch.Seconds(), report};
}

}  // namespace convnext
