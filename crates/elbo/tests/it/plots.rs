//! Pictures: what they show, and how they fail.

use std::fs;
use std::path::{Path, PathBuf};

use elbo::plots::{Grid, PlotError, bound_curve, image_grid};

/// A path for one test's picture, which is removed with it.
struct Picture(PathBuf);

impl Picture {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("elbo-{}-{name}", std::process::id())))
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// A grid of single pixels.
const DOTS: Grid = Grid { width: 1, columns: 1, zoom: 1 };

/// The corners of the first polyline of `svg` in that colour.
fn corners(svg: &str, colour: &str) -> Vec<[i32; 2]> {
    let drawn = |line: &&str| line.starts_with("<polyline") && line.contains(colour);
    let line = svg.lines().find(drawn).unwrap();
    let points = line.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
    let corner = |point: &str| {
        let (x, y) = point.split_once(',').unwrap();
        [x, y].map(|number| number.parse().unwrap())
    };
    points.split_whitespace().map(corner).collect()
}

/// Four bounds, 3 and 6 and 3 apart, at steps of equal width: to within the rounding of pixels, the
/// curve rises by `h`, falls by `2h`, and rises by `h` (SVG counts y downwards).
#[test]
fn a_bound_curve_follows_its_bounds() {
    let picture = Picture::new("curve.svg");
    bound_curve(&picture.0, &[-7.0, -4.0, -10.0, -7.0]).unwrap();
    let svg = fs::read_to_string(&picture.0).unwrap();
    for text in ["<svg", "step", "ELBO (nats)"] {
        assert!(svg.contains(text), "there is no {text} in {svg}");
    }
    let curve = corners(&svg, "#AAC4E0");
    assert_eq!(curve.len(), 4);
    let moves: Vec<[i32; 2]> =
        curve.windows(2).map(|ends| [ends[1][0] - ends[0][0], ends[0][1] - ends[1][1]]).collect();
    let [width, height] = moves[0];
    assert!(width > 50 && height > 50, "{moves:?}");
    for ([x, y], rise) in moves.into_iter().zip([1, -2, 1]) {
        assert!((x - width).abs() <= 1, "{curve:?}");
        assert!((y - rise * height).abs() <= 2, "{curve:?}");
    }
}

/// Two images of 2 by 1 pixels side by side and a third below, each pixel a square of 2 by 2; a
/// line follows each image, and where there is no image the grid shows through.
#[test]
fn an_image_grid_shows_each_pixel_as_a_square() {
    let picture = Picture::new("grid.png");
    let images = [vec![0.0, 1.0], vec![0.5, 2.0], vec![-1.0, 0.2]];
    image_grid(&picture.0, &images, Grid { width: 2, columns: 2, zoom: 2 }).unwrap();
    let grey = image::open(&picture.0).unwrap().into_luma8();
    assert_eq!(grey.dimensions(), (10, 6));
    let rows: Vec<&[u8]> = grey.as_raw().chunks(10).collect();
    let above = [0, 0, 255, 255, 96, 127, 127, 255, 255, 96];
    let below = [0, 0, 51, 51, 96, 96, 96, 96, 96, 96];
    assert_eq!(rows, [above, above, [96; 10], below, below, [96; 10]]);
}

#[test]
fn a_grid_of_zeros_counts_as_ones() {
    let picture = Picture::new("zeros.png");
    image_grid(&picture.0, &[vec![1.0]], Grid { width: 0, columns: 0, zoom: 0 }).unwrap();
    assert_eq!(image::open(&picture.0).unwrap().into_luma8().as_raw(), &[255, 96, 96, 96]);
}

/// Drawing ends for every scale of the bounds.
#[test]
fn bounds_of_any_size_can_be_drawn() {
    let picture = Picture::new("huge.svg");
    for bounds in [[-1e20; 3], [-1e299, 0.0, 1e299], [1e-300, -1e-300, 0.0], [f64::MIN, 0.0, 1.0]] {
        bound_curve(&picture.0, &bounds).unwrap();
        let svg = fs::read_to_string(&picture.0).unwrap();
        assert_eq!(corners(&svg, "#AAC4E0").len(), 3);
    }
}

#[test]
fn a_step_without_a_number_is_left_out_of_the_curve() {
    let picture = Picture::new("gap.svg");
    bound_curve(&picture.0, &[-3.0, f64::NAN, -2.0, -1.0]).unwrap();
    let svg = fs::read_to_string(&picture.0).unwrap();
    assert_eq!(corners(&svg, "#AAC4E0").len(), 3);
}

#[test]
fn a_grid_of_too_many_pixels_is_an_error() {
    let picture = Picture::new("large.png");
    for grid in [Grid { zoom: usize::MAX, ..DOTS }, Grid { width: 1 << 40, ..DOTS }] {
        let images = [vec![1.0; 4], vec![0.0; 4]];
        let error = image_grid(&picture.0, &images, Grid { zoom: 1 << 20, ..grid }).unwrap_err();
        assert!(matches!(error, PlotError::Size { .. } | PlotError::Empty), "{error}");
    }
    let one = image_grid(&picture.0, &[vec![1.0]], Grid { columns: usize::MAX, ..DOTS });
    assert!(one.is_ok());
}

#[test]
fn nothing_to_draw_is_an_error() {
    let picture = Picture::new("nothing");
    for result in [
        bound_curve(&picture.0, &[]),
        bound_curve(&picture.0, &[f64::NAN, f64::NEG_INFINITY]),
        image_grid(&picture.0, &[], DOTS),
        image_grid(&picture.0, &[vec![]], DOTS),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, PlotError::Empty), "{error:?}");
        assert_eq!(error.to_string(), "there is nothing to draw; give at least one finite value");
    }
    assert!(!picture.0.exists());
}

#[test]
fn a_curve_in_a_folder_that_is_not_there_is_an_error() {
    let error = bound_curve(Path::new("/nowhere/curve.svg"), &[-2.0, -1.0]).unwrap_err();
    assert!(matches!(error, PlotError::Drawing { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("/nowhere/curve.svg could not be drawn: "), "{text}");
    assert!(text.contains("No such file"), "{text}");
}

#[test]
fn a_grid_in_a_folder_that_is_not_there_is_an_error() {
    let error = image_grid(Path::new("/nowhere/grid.png"), &[vec![1.0]], DOTS).unwrap_err();
    assert!(matches!(error, PlotError::Image { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("/nowhere/grid.png could not be written: "), "{text}");
    assert!(text.contains("No such file"), "{text}");
}
