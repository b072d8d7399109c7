#include "convnext/embed/decode_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace convnext {
namespace {

using Instant = std::chrono::steady_clock::time_point;

// Above so many pixels pictures are decoded one at a time: 50 MB as RGB.
constexpr int64_t kLargePixels = int64_t{1} << 24;
constexpr size_t kMaxFileBytes = size_t{1} << 30;
constexpr int kMostAbandoned = 4;
constexpr std::chrono::seconds kPatience{5};  // with a thread that is stuck when all ends

Instant Now() { return std::chrono::steady_clock::now(); }

// Decodes what fits kLargePixels at once, and what does not by itself.
class BoundedDecoder {
 public:
  BoundedDecoder(const Preprocessor& preprocessor, const Preprocessor& small, std::mutex& large)
      : preprocessor_(preprocessor), small_(small), large_(large) {}

  Result<LoadedPixels> Load(std::span<const std::byte> file, const std::string& name) const {
    auto loaded = small_.Load(file, name);
    if (loaded.status().kind() != "picture.too_large") return loaded;
    const std::lock_guard lock(large_);
    return preprocessor_.Load(file, name);
  }

 private:
  const Preprocessor& preprocessor_;
  const Preprocessor& small_;
  std::mutex& large_;
};

void Decode(const BoundedDecoder& decoder, DecodedItem& decoded) {
  EmbedItem& item = decoded.item;
  if (!item.path.empty()) {
    auto bytes = ReadFile(item.path, kMaxFileBytes);
    if (!bytes.ok()) return void(item.problem = bytes.status());
    item.bytes = *std::move(bytes);
  }
  const std::vector<std::byte> bytes = std::move(item.bytes);
  auto loaded = decoder.Load(bytes, item.key);
  if (!loaded.ok()) return void(item.problem = loaded.status());
  decoded.sha256 = std::move(loaded->sha256);
  decoded.width = loaded->decoded.pixels.width;
  decoded.height = loaded->decoded.pixels.height;
  item.warnings.insert(item.warnings.end(), loaded->decoded.warnings.begin(), loaded->decoded.warnings.end());
  Pixels& pixels = loaded->pixels;
  decoded.input = {.height = pixels.height, .width = pixels.width, .pixels = std::move(pixels.data)};
}

void DecodeSafely(const BoundedDecoder& decoder, DecodedItem& decoded) {
  try {
    Decode(decoder, decoded);
  } catch (const std::bad_alloc&) {
    decoded.item.problem = IoError("not enough memory for the picture").WithKind("memory");
  }
}

Preprocessor SmallPictures(const Preprocessor& preprocessor) {
  DecodeOptions options = preprocessor.decode_options();
  options.max_pixels = std::min(options.max_pixels, kLargePixels);
  return Preprocessor(preprocessor.preprocessing(), options);
}

}  // namespace

struct DecodePool::Slot {
  DecodedItem decoded;
  size_t bytes = 0;
  bool taken = false, done = false, given_up = false;
  Instant began;
};

// What the threads work on: it lives as long as the last of them.
struct DecodePool::Shared : std::enable_shared_from_this<Shared> {
  Shared(const Preprocessor& all, ItemSource next, const DecodePoolOptions& chosen)
      : preprocessor(all), small(SmallPictures(all)), source(std::move(next)), options(chosen) {}

  const Preprocessor preprocessor, small;
  const ItemSource source;
  const DecodePoolOptions options;
  std::mutex large;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<Slot>> slots;  // in their order, until they are given
  size_t waiting_bytes = 0;
  bool reading = false, ended = false, stopped = false;
  bool source_given_up = false;
  Instant reading_began;
  int running = 0;  // threads that were not given up

  bool HasRoom() const { return slots.size() < options.ahead && waiting_bytes < options.ahead_bytes; }

  void Start(void (Shared::*loop)()) {
    ++running;
    std::thread([self = shared_from_this(), loop] { (*self.*loop)(); }).detach();
  }

  void ReadAll() {
    std::unique_lock lock(mutex);
    while (!stopped) {
      if (!HasRoom()) {
        changed.wait(lock);
        continue;
      }
      reading = true;
      reading_began = Now();
      lock.unlock();
      auto item = source();
      lock.lock();
      reading = false;
      if (!item) break;
      Append(*std::move(item));
    }
    ended = true;
    if (!source_given_up) --running;
    changed.notify_all();
  }

  // A problem, or the end of a unit, needs no decoding.
  void Append(EmbedItem item) {
    auto slot = std::make_shared<Slot>();
    slot->bytes = item.bytes.size();
    slot->done = slot->taken = item.ends_unit || item.unit_problem || item.problem;
    slot->decoded.item = std::move(item);
    waiting_bytes += slot->bytes;
    slots.push_back(std::move(slot));
    changed.notify_all();
  }

  std::shared_ptr<Slot> Untaken() const {
    for (const auto& slot : slots) {
      if (!slot->taken) return slot;
    }
    return nullptr;
  }

  void DecodeAll() {
    const BoundedDecoder decoder(preprocessor, small, large);
    std::unique_lock lock(mutex);
    while (!stopped) {
      const auto slot = Untaken();
      if (slot == nullptr && ended) break;
      if (slot == nullptr) {
        changed.wait(lock);
        continue;
      }
      slot->taken = true;
      slot->began = Now();
      DecodedItem decoded = std::move(slot->decoded);
      slot->decoded.item.unit = decoded.item.unit;
      slot->decoded.item.index = decoded.item.index;
      slot->decoded.item.key = decoded.item.key;
      slot->decoded.item.shard = decoded.item.shard;
      slot->decoded.item.offset = decoded.item.offset;
      lock.unlock();
      DecodeSafely(decoder, decoded);
      lock.lock();
      if (slot->given_up) return;  // another thread has its place, and it has its answer
      slot->decoded = std::move(decoded);
      slot->done = true;
      changed.notify_all();
    }
    --running;
    changed.notify_all();
  }

  bool IsStuck(const std::optional<Instant>& since) const {
    return since && options.timeout && Now() >= *since + *options.timeout;
  }

  // Since when the first item has been worked on.
  std::optional<Instant> Since() const {
    if (!slots.empty()) return slots.front()->taken ? std::optional(slots.front()->began) : std::nullopt;
    return reading ? std::optional(reading_began) : std::nullopt;
  }

  bool IsReady() const { return stopped || (slots.empty() ? ended : slots.front()->done); }

  void Wait(std::unique_lock<std::mutex>& lock) {
    const auto since = Since();
    if (since && options.timeout) {
      changed.wait_until(lock, *since + *options.timeout);
    } else if (options.timeout) {
      changed.wait_for(lock, *options.timeout);
    } else {
      changed.wait(lock);
    }
  }
};

Result<std::unique_ptr<DecodePool>> DecodePool::Open(const Preprocessor& preprocessor, ItemSource source,
                                                     const DecodePoolOptions& options) {
  auto shared = std::make_shared<Shared>(preprocessor, std::move(source), options);
  std::unique_ptr<DecodePool> pool(new DecodePool(shared));
  const std::lock_guard lock(shared->mutex);
  try {
    shared->Start(&Shared::ReadAll);
    for (int i = 0; i < std::max(1, options.threads); ++i) shared->Start(&Shared::DecodeAll);
  } catch (const std::system_error& error) {
    shared->stopped = true;
    return IoError("a thread to read pictures cannot be started: {}", error.what());
  }
  return pool;
}

DecodePool::~DecodePool() { Finish(); }

int DecodePool::Finish() {
  Stop();
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_for(lock, kPatience, [this] { return shared_->running <= 0; });
  abandoned_ += std::exchange(shared_->running, 0);
  return abandoned_;
}

void DecodePool::Stop() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopped = true;
  shared_->changed.notify_all();
}

Result<std::optional<DecodedItem>> DecodePool::Next() {
  Shared& shared = *shared_;
  std::unique_lock lock(shared.mutex);
  while (!shared.IsReady() && !shared.IsStuck(shared.Since())) shared.Wait(lock);
  if (shared.stopped || (shared.slots.empty() && shared.ended)) return std::optional<DecodedItem>();
  if (shared.slots.empty()) {
    shared.stopped = shared.source_given_up = true;
    --shared.running;
    ++abandoned_;
    return IoError("reading the input takes longer than --item_timeout; is its file system there?")
        .WithKind("item.timeout");
  }
  const std::shared_ptr<Slot> slot = shared.slots.front();
  shared.slots.pop_front();
  shared.waiting_bytes -= slot->bytes;
  shared.changed.notify_all();
  if (slot->done) return std::optional(std::move(slot->decoded));
  slot->given_up = true;
  --shared.running;
  if (++abandoned_ > kMostAbandoned) {
    shared.stopped = true;
    return IoError("{}: reading or decoding takes longer than --item_timeout, as with {} before it",
                   slot->decoded.item.key, kMostAbandoned)
        .WithKind("item.timeout");
  }
  slot->decoded.item.problem =
      Invalid("reading or decoding it takes longer than --item_timeout").WithKind("item.timeout");
  try {
    shared.Start(&Shared::DecodeAll);
  } catch (const std::system_error& error) {
    return IoError("a thread to read pictures cannot be started: {}", error.what());
  }
  return std::optional(std::move(slot->decoded));
}

}  // namespace convnext
