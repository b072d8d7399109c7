#include <algorithm>
#include <vector>

#include "convnext/scenes/scenes.h"
#include "convnext/scenes/test_scenes.h"
#include "convnext/scenes/value_noise.h"

namespace convnext {
namespace {

// Lengths are in picture heights: u goes right from 0, v goes down from 0 to 1.

struct Ellipsoid {
  double u, v, radius_u, radius_v;
  Colour colour;
  uint64_t seed;
};

// A scene with everything that its seed decides.
struct Stage {
  const Scene& scene;
  uint64_t seed;
  double sun_u, sun_v;
  std::vector<Ellipsoid> objects;  // the farthest first
};

uint64_t Seed(const Stage& stage, uint64_t part) { return Splitmix64(stage.seed + part * kSplitmix64Step); }

double AspectRatio(const Scene& scene) { return static_cast<double>(scene.width) / scene.height; }

Ellipsoid MakeObject(const Stage& stage, int number) {
  const Scene& scene = stage.scene;
  const uint64_t seed = Seed(stage, 100 + static_cast<uint64_t>(number));
  const auto random = [&](int64_t i) { return GridNoise(seed, i, 0); };
  // Spread evenly from back to front; what is nearer is larger.
  const double nearness = (number + 0.3 + 0.5 * random(0)) / scene.objects;
  const double radius = scene.object_size * (0.5 + nearness) * (0.8 + 0.5 * random(1));
  const double v = scene.horizon + (1.02 - scene.horizon) * (0.12 + 0.80 * nearness);
  return {AspectRatio(scene) * random(2),
          v - 0.5 * radius,
          radius * (1.0 + 0.3 * random(3)),
          radius,
          Mix(scene.dark_object, scene.light_object, random(4)),
          seed};
}

Stage MakeStage(int index) {
  const uint64_t seed = Splitmix64(static_cast<uint64_t>(index) + 1);
  const Scene& scene = TestScenes()[static_cast<size_t>(index) % TestScenes().size()];
  Stage stage{scene,
              seed,
              AspectRatio(scene) * (0.15 + 0.7 * GridNoise(seed, 0, 0)),
              scene.horizon * (0.2 + 0.5 * GridNoise(seed, 1, 0)),
              {}};
  for (int i = 0; i < scene.objects; ++i) stage.objects.push_back(MakeObject(stage, i));
  return stage;
}

Colour SkyColour(const Stage& stage, double u, double v) {
  const Scene& scene = stage.scene;
  const double height = std::max(0.0, 1 - v / scene.horizon);  // 1 at the top
  Colour sky = Mix(scene.haze, scene.zenith, height * (2 - height));
  const double du = u - stage.sun_u, dv = v - stage.sun_v, distance = du * du + dv * dv;
  sky = sky + scene.sun * (0.35 * 0.03 / (0.03 + distance));
  if (scene.sun_shows) sky = Mix(sky, scene.sun * 1.3, SmoothStep((0.0010 - distance) / 0.0005));
  if (scene.clouds == 0) return sky;
  // A flat layer overhead: the lower in the picture, the farther off and the smaller.
  const double far = 1 / (height + 0.25);
  const double cloud = FractalNoise(Seed(stage, 1), 1.6 * u * far, 2.2 * far, 6);
  const double lit = FractalNoise(Seed(stage, 1), 1.6 * u * far + 0.15, 2.2 * far + 0.1, 4);
  const Colour colour = Mix(scene.haze, scene.sun, 0.5) * (1.0 + 1.2 * (cloud - lit));
  return Mix(sky, colour, 0.9 * SmoothStep((cloud - 0.85 + 0.6 * scene.clouds) / 0.25));
}

// v of the top of a ridge; number 0 is the farthest.
double RidgeTop(const Stage& stage, int number, double u) {
  const Scene& scene = stage.scene;
  const double nearness = (number + 1.0) / scene.ridges;
  const double rough = FractalNoise(Seed(stage, 10 + static_cast<uint64_t>(number)), (2 + nearness) * u, 0.5, 7);
  return scene.horizon + 0.02 - scene.relief * (1.25 - nearness) * (1.8 * rough - 0.25);
}

// Sky and ridges, at any v above the horizon.
Colour BackdropColour(const Stage& stage, double u, double v) {
  const Scene& scene = stage.scene;
  Colour colour = SkyColour(stage, u, v);
  for (int i = 0; i < scene.ridges; ++i) {
    const double inside = (v - RidgeTop(stage, i, u)) * scene.height / 1.5;  // the edge is 1.5 pixels wide
    if (inside <= 0) continue;
    const double nearness = (i + 1.0) / scene.ridges;
    const uint64_t seed = Seed(stage, 20 + static_cast<uint64_t>(i));
    const double slope = FractalNoise(seed, 9 * u, 14 * v, 5) - FractalNoise(seed, 9 * u + 0.2, 14 * v + 0.2, 5);
    const Colour rock = scene.ridge * (0.9 + 2.2 * slope * std::clamp(8 * (u - stage.sun_u), -1.0, 1.0));
    colour = Mix(colour, Mix(scene.haze, rock, 0.25 + 0.75 * nearness), Clamp01(inside));
  }
  return colour;
}

Colour WaterColour(const Stage& stage, double u, double below, double far) {
  const Scene& scene = stage.scene;
  const double wave = FractalNoise(Seed(stage, 2), 2.5 * u * far, 9 * far, 5) - 0.5;
  const Colour mirrored =
      BackdropColour(stage, u + 0.02 * wave, std::max(0.0, scene.horizon - below * (0.9 + 0.8 * wave)));
  const Colour own = Mix(scene.dark_ground, scene.light_ground, Clamp01(0.5 + 1.6 * wave));
  return Mix(own, mirrored, 0.30 + 0.35 * Clamp01(0.3 / (below + 0.1) - 0.5));
}

Colour LandColour(const Stage& stage, double u, double far) {
  const Scene& scene = stage.scene;
  const double middle = AspectRatio(scene) / 2;
  const double patches = FractalNoise(Seed(stage, 3), 1.2 * (u - middle) * far, 2.0 * far, 7);
  const double blades = FractalNoise(Seed(stage, 4), 14 * (u - middle) * far, 16 * far, 3);
  const Colour colour =
      Mix(scene.dark_ground, scene.light_ground, Clamp01(0.5 + 2.0 * (patches - 0.5) + 0.7 * (blades - 0.5)));
  return Mix(colour, scene.haze, Clamp01((far - 3) / 20));
}

Colour GroundColour(const Stage& stage, double u, double v) {
  const double below = v - stage.scene.horizon;
  const double far = 1 / (below + 0.06);  // in perspective
  return stage.scene.water ? WaterColour(stage, u, below, far) : LandColour(stage, u, far);
}

// The shadow that an object throws on the ground away from the sun, or the dark water around it.
Colour WithShadow(const Stage& stage, const Ellipsoid& object, double u, double v, const Colour& ground) {
  const bool water = stage.scene.water;
  const double away = water ? 0.0 : object.u > stage.sun_u ? 0.5 : -0.5;
  const double du = (u - object.u - away * object.radius_u) / ((water ? 1.15 : 1.5) * object.radius_u);
  const double dv = (v - object.v - (water ? 0.4 : 0.85) * object.radius_v) / (0.45 * object.radius_v);
  return ground * (1 - 0.6 * SmoothStep(1.2 * (1 - du * du - dv * dv)));
}

Colour ShadedColour(const Stage& stage, const Ellipsoid& object, double x, double y, double z) {
  const double side = object.u > stage.sun_u ? -0.55 : 0.55;
  const double light = std::max(0.0, side * x - 0.6 * y + 0.6 * z);
  const double texture = FractalNoise(object.seed, 4 * x + 9, 4 * y + 9, 5) - 0.5;
  const double shine = stage.scene.roughness < 0.2 ? SmoothStep((light - 0.93) / 0.08) : 0;
  const Colour colour = object.colour * ((0.22 + 0.95 * light) * (1 + (0.4 + stage.scene.roughness) * texture));
  return Mix(colour, stage.scene.sun, 0.7 * shine);
}

Colour WithObject(const Stage& stage, const Ellipsoid& object, double u, double v, const Colour& behind) {
  const double du = (u - object.u) / object.radius_u, dv = (v - object.v) / object.radius_v;
  if (du * du + dv * dv > 9) return behind;
  const Colour ground = v > stage.scene.horizon ? WithShadow(stage, object, u, v, behind) : behind;
  const double bump = FractalNoise(object.seed, 2 * du + 20, 2 * dv + 20, 5) - 0.5;
  const double q = (du * du + dv * dv) * (1 + 1.6 * stage.scene.roughness * bump);
  const double outline = stage.scene.water ? std::min((1 - q) / 2, 0.4 + 0.3 * bump - dv) : (1 - q) / 2;
  const double inside = outline * object.radius_v * stage.scene.height / 1.5;  // the edge is 1.5 pixels wide
  if (inside <= 0) return ground;
  return Mix(ground, ShadedColour(stage, object, du, dv, std::sqrt(Clamp01(1 - q))), Clamp01(inside));
}

Colour SceneColour(const Stage& stage, double u, double v) {
  Colour colour = v < stage.scene.horizon ? BackdropColour(stage, u, v) : GroundColour(stage, u, v);
  for (const Ellipsoid& object : stage.objects) colour = WithObject(stage, object, u, v, colour);
  const double du = u / AspectRatio(stage.scene) - 0.5, dv = v - 0.5;
  return colour * (1.05 - 0.5 * (du * du + dv * dv));  // lenses darken the corners
}

std::vector<double> Render(const Stage& stage) {
  const Scene& scene = stage.scene;
  std::vector<double> values;
  for (int y = 0; y < scene.height; ++y) {
    for (int x = 0; x < scene.width; ++x) {
      const Colour colour = SceneColour(stage, (x + 0.5) / scene.height, (y + 0.5) / scene.height);
      const double grain = 0.016 * (GridNoise(Seed(stage, 5), x, y) - 0.5);
      for (const double value : {colour.r, colour.g, colour.b}) values.push_back(value + grain);
    }
  }
  return values;
}

// Level 0 to 63 of a channel as one of 256.
uint8_t LevelValue(int64_t level) { return static_cast<uint8_t>((level * 255 + 31) / 63); }

bool HasLevelsOnly(const Pixels& pixels) {
  return std::all_of(pixels.data.begin(), pixels.data.end(),
                     [](uint8_t value) { return LevelValue((value * 63 + 127) / 255) == value; });
}

// Automatic contrast: half a percent of the values become black, as many white.
std::vector<uint8_t> StretchContrast(const std::vector<double>& values) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const double black = sorted[sorted.size() / 200], white = sorted[sorted.size() - 1 - sorted.size() / 200];
  std::vector<uint8_t> pixels;
  pixels.reserve(values.size());
  for (const double value : values)
    pixels.push_back(LevelValue(std::lround(63 * Clamp01((value - black) / (white - black)))));
  return pixels;
}

}  // namespace

Pixels TestImage(int index) {
  constexpr size_t kKept = 8;  // adapt writes five by default, and then checks them
  static Recent<int, Pixels> recent(kKept);
  return recent.Get(index, [index] {
    const Stage stage = MakeStage(index);
    return Pixels{stage.scene.width, stage.scene.height, StretchContrast(Render(stage))};
  });
}

std::optional<int> FindTestImage(const Pixels& pixels) {
  const auto scenes = TestScenes();
  for (int index = 0; index < kKnownTestImages; ++index) {
    const Scene& scene = scenes[static_cast<size_t>(index) % scenes.size()];
    if (scene.width != pixels.width || scene.height != pixels.height) continue;
    if (!HasLevelsOnly(pixels)) return std::nullopt;  // a photograph of that size
    if (TestImage(index).data == pixels.data) return index;
  }
  return std::nullopt;
}

Result<std::string> TestImagePng(int index) { return EncodePng(TestImage(index)); }

}  // namespace convnext
