// The fonts of the page are those of the stage: the simulator has them, so that they are loaded once.

// addFonts gives the document the faces and resolves when it can draw with them.
export async function addFonts(go) {
  const faces = JSON.parse(go.faces());
  await Promise.all(faces.map(async ({ family, weight }, i) => {
    const face = new FontFace(family, go.font(i), { weight: String(weight) });
    document.fonts.add(await face.load());
  }));
}
