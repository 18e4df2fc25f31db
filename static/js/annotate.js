/* Drawing on a photo: arrow, circle, words, in three colours, with undo. The original is never changed: the drawing is a
   picture of its own. qmsAnnotate(blob) resolves with a JPEG blob, or null when nothing was drawn. Works offline. */
(function () {
  "use strict";
  var LONGEST = 1600; // pixels; what the server keeps
  var QUALITY = 0.88;
  var dialog = document.getElementById("log-drawing");
  var canvas = dialog.querySelector("[data-draw-canvas]");
  var sheet = dialog.querySelector("[data-draw-sheet]");
  var textForm = dialog.querySelector("[data-draw-text]");
  var textInput = textForm.querySelector("input");
  var pen = canvas.getContext("2d");
  var state = { picture: null, shapes: [], tool: "arrow", color: "#e5202b", now: null, at: null };

  function at(event) {
    var box = canvas.getBoundingClientRect();
    return {
      x: (event.clientX - box.left) * canvas.width / box.width,
      y: (event.clientY - box.top) * canvas.height / box.height,
    };
  }

  function stroke(width, color) {
    pen.lineWidth = width;
    pen.strokeStyle = color;
    pen.lineCap = pen.lineJoin = "round";
    pen.stroke();
  }
  /* Every line twice: a dark edge below keeps it visible on bright and dark photos. */
  function outlined(path, thickness, color) {
    pen.beginPath();
    path();
    stroke(thickness * 1.7, "rgba(0, 0, 0, 0.55)");
    stroke(thickness, color);
  }

  function draw(shape) {
    var size = Math.max(canvas.width, canvas.height);
    var thickness = size / 130;
    var a = shape.from;
    var b = shape.to;
    if (shape.tool === "arrow") {
      var angle = Math.atan2(b.y - a.y, b.x - a.x);
      var head = Math.min(size / 22, Math.hypot(b.x - a.x, b.y - a.y) / 1.6);
      outlined(function () {
        pen.moveTo(a.x, a.y);
        pen.lineTo(b.x, b.y);
        pen.moveTo(b.x - head * Math.cos(angle - 0.5), b.y - head * Math.sin(angle - 0.5));
        pen.lineTo(b.x, b.y);
        pen.lineTo(b.x - head * Math.cos(angle + 0.5), b.y - head * Math.sin(angle + 0.5));
      }, thickness, shape.color);
    } else if (shape.tool === "circle") {
      outlined(function () {
        pen.ellipse((a.x + b.x) / 2, (a.y + b.y) / 2, Math.abs(b.x - a.x) / 2, Math.abs(b.y - a.y) / 2, 0, 0, Math.PI * 2);
      }, thickness, shape.color);
    } else {
      pen.font = "600 " + Math.round(size / 22) + "px system-ui, sans-serif";
      pen.textBaseline = "middle";
      var room = canvas.width - pen.measureText(shape.words).width - thickness * 2;
      var x = Math.max(Math.min(a.x, room), thickness * 2);
      pen.lineJoin = "round";
      pen.lineWidth = thickness * 1.2;
      pen.strokeStyle = "rgba(0, 0, 0, 0.75)";
      pen.strokeText(shape.words, x, a.y);
      pen.fillStyle = shape.color;
      pen.fillText(shape.words, x, a.y);
    }
  }

  function redraw() {
    pen.drawImage(state.picture, 0, 0, canvas.width, canvas.height);
    state.shapes.forEach(draw);
    if (state.now) { draw(state.now); }
    dialog.querySelector("[data-draw-undo]").disabled = !state.shapes.length;
    dialog.querySelector("[data-draw-save]").disabled = !state.shapes.length;
  }

  function press(name, value) {
    dialog.querySelectorAll("[data-draw-" + name + "]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset["draw" + name[0].toUpperCase() + name.slice(1)] === value));
    });
  }

  function fit() {
    var room = sheet.getBoundingClientRect();
    var scale = Math.min(room.width / canvas.width, room.height / canvas.height);
    canvas.style.width = Math.floor(canvas.width * scale) + "px";
    canvas.style.height = Math.floor(canvas.height * scale) + "px";
  }

  function closeText() {
    textForm.hidden = true;
    textInput.value = "";
    state.at = null;
    fit();
  }

  canvas.addEventListener("pointerdown", function (event) {
    event.preventDefault();
    var place = at(event);
    if (state.tool === "text") {
      state.at = place;
      textForm.hidden = false;
      fit();
      textInput.focus();
      return;
    }
    canvas.setPointerCapture(event.pointerId);
    state.now = { tool: state.tool, color: state.color, from: place, to: place };
  });
  canvas.addEventListener("pointermove", function (event) {
    if (!state.now) { return; }
    state.now.to = at(event);
    redraw();
  });
  function finish() {
    var shape = state.now;
    state.now = null;
    if (shape && Math.hypot(shape.to.x - shape.from.x, shape.to.y - shape.from.y) > canvas.width / 60) { state.shapes.push(shape); }
    redraw();
  }
  canvas.addEventListener("pointerup", finish);
  canvas.addEventListener("pointercancel", finish);

  textForm.addEventListener("submit", function (event) {
    event.preventDefault();
    var typed = textInput.value.trim();
    if (typed && state.at) { state.shapes.push({ tool: "text", color: state.color, from: state.at, words: typed }); }
    closeText();
    redraw();
  });
  dialog.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) { return; }
    if (button.dataset.drawTool) { state.tool = button.dataset.drawTool; press("tool", state.tool); closeText(); }
    if (button.dataset.drawColor) { state.color = button.dataset.drawColor; press("color", state.color); }
    if (button.hasAttribute("data-draw-undo")) { state.shapes.pop(); redraw(); }
  });
  window.addEventListener("resize", function () { if (dialog.open) { fit(); } });

  /* A picture upright and no larger than what is kept. Rejects for formats this browser cannot open. */
  function load(blob) {
    return createImageBitmap(blob, { imageOrientation: "from-image" }).then(function (picture) {
      var scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      state.picture = picture;
      state.shapes = [];
    });
  }

  window.qmsAnnotate = function (blob) {
    return load(blob).then(function () {
      closeText();
      dialog.showModal();
      fit();
      redraw();
      return new Promise(function (resolve) {
        var end = function (result) {
          dialog.onclose = null;
          if (dialog.open) { dialog.close(); }
          state.picture.close();
          resolve(result);
        };
        dialog.onclose = function () { end(null); };
        dialog.querySelector("[data-draw-cancel]").onclick = function () { end(null); };
        dialog.querySelector("[data-draw-save]").onclick = function () { canvas.toBlob(end, "image/jpeg", QUALITY); };
      });
    });
  };
})();
