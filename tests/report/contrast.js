// Every visible text of the page with too little contrast against what is behind it (WCAG 2.1 AA), in both themes.
function channels(text) {
  const found = text.match(/[\d.]+/g);
  return found ? [...found.slice(0, 3).map(Number), found[3] === undefined ? 1 : Number(found[3])] : [0, 0, 0, 0];
}
function behind(element) {
  const layers = [];
  for (let one = element; one; one = one.parentElement) {
    const colour = channels(getComputedStyle(one).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  return layers.reverse().reduce((under, over) => under.map((value, i) => value * (1 - over[3]) + over[i] * over[3]), [255, 255, 255]);
}
function luminance(colour) {
  const [r, g, b] = colour.map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function failing(theme) {
  document.documentElement.dataset.theme = theme;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  let count = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.getClientRects().length || element.closest("script, noscript, option")) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const colour = channels(element.closest("svg") ? style.fill : style.color), back = behind(element);
    const lights = [colour.slice(0, 3), back].map(luminance).sort((a, b) => b - a);
    const ratio = (lights[0] + 0.05) / (lights[1] + 0.05);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    count += 1;
    if (ratio < least) found.push(`${theme}: ${ratio.toFixed(2)} ${element.nodeName}.${element.className.baseVal ?? element.className} ${texts.currentNode.data.trim().slice(0, 40)}`);
  }
  return { count, found };
}
const measured = document.createElement("pre");
measured.id = "contrast";
measured.textContent = JSON.stringify(["light", "dark"].map(failing));
document.body.append(measured);
