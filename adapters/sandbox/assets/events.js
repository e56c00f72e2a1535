"use strict";
// Emitter, model and collection in the shape that the page's clients expect: events are named
// "change:attribute" and carry (model, value, previous value).
(() => {
  const { define } = StandIn;

  define("WAWebEventEmitter", [], (global, require, a, b, c, module) => {
    module.exports = class EventEmitter {
      #listeners = new Map();

      on(names, callback, context) {
        for (const name of String(names).split(" ")) {
          const list = this.#listeners.get(name) ?? [];
          this.#listeners.set(name, [...list, { callback, context }]);
        }
        return this;
      }

      once(names, callback, context) {
        const once = (...args) => {
          this.off(names, once);
          return callback.apply(context ?? this, args);
        };
        once.original = callback;
        return this.on(names, once, context);
      }

      off(names, callback) {
        const every = names === undefined || names === null;
        for (const name of every ? [...this.#listeners.keys()] : String(names).split(" ")) {
          const kept = (this.#listeners.get(name) ?? []).filter(
            (entry) => callback && entry.callback !== callback && entry.callback.original !== callback,
          );
          this.#listeners.set(name, kept);
        }
        return this;
      }

      trigger(name, ...args) {
        for (const entry of this.#listeners.get(name) ?? []) {
          entry.callback.apply(entry.context ?? this, args);
        }
        for (const entry of this.#listeners.get("all") ?? []) {
          entry.callback.call(entry.context ?? this, name, ...args);
        }
        return this;
      }

      listenTo(other, names, callback) {
        other.on(names, callback, this);
        return this;
      }

      listenToOnce(other, names, callback) {
        other.once(names, callback, this);
        return this;
      }

      listenToAndRun(other, names, callback) {
        this.listenTo(other, names, callback);
        callback.call(this);
        return this;
      }

      stopListening(other, names, callback) {
        other?.off(names, callback);
        return this;
      }

      isListening(name) {
        return (this.#listeners.get(name) ?? []).length > 0;
      }

      bind(names, callback, context) {
        return this.on(names, callback, context);
      }

      unbind(names, callback) {
        return this.off(names, callback);
      }

      removeListener(names, callback) {
        return this.off(names, callback);
      }

      removeAllListeners() {
        return this.off();
      }

      emit(name, ...args) {
        return this.trigger(name, ...args);
      }
    };
  });

  define("WAWebBaseModel", ["WAWebEventEmitter"], (global, require, a, b, c, module, exports) => {
    const EventEmitter = require("WAWebEventEmitter");

    exports.BaseModel = class BaseModel extends EventEmitter {
      constructor(attributes = {}) {
        super();
        this.attributes = {};
        this.set(attributes);
      }

      get(name) {
        return this.attributes[name];
      }

      set(nameOrMany, value) {
        const many = typeof nameOrMany === "string" ? { [nameOrMany]: value } : nameOrMany;
        const changed = [];
        for (const [name, next] of Object.entries(many)) {
          const previous = this.attributes[name];
          if (previous === next) continue;
          this.attributes[name] = next;
          changed.push([name, next, previous]);
        }
        for (const [name, next, previous] of changed) {
          this.trigger(`change:${name}`, this, next, previous);
        }
        if (changed.length > 0) this.trigger("change", this);
        return this;
      }

      serialize() {
        return { ...this.attributes };
      }

      toJSON() {
        return this.serialize();
      }

      unsafe() {
        return this;
      }
    };

    // Gives a class one property for each attribute, so that `model.ref = "…"` tells its listeners.
    exports.defineModel = (Class, names) => {
      for (const name of names) {
        Object.defineProperty(Class.prototype, name, {
          configurable: true,
          enumerable: true,
          get() {
            return this.attributes[name];
          },
          set(value) {
            this.set(name, value);
          },
        });
      }
      return Class;
    };
  });

  define(
    "WAWebBaseCollection",
    ["WAWebEventEmitter"],
    (global, require, a, b, c, module, exports) => {
      const EventEmitter = require("WAWebEventEmitter");
      const key = (id) => String(id?._serialized ?? id);

      exports.BaseCollection = class BaseCollection extends EventEmitter {
        constructor(modelClass) {
          super();
          this.modelClass = modelClass;
          this._models = [];
          this._index = {};
        }

        get length() {
          return this._models.length;
        }

        get(idOrModel) {
          return this._index[key(idOrModel instanceof this.modelClass ? idOrModel.id : idOrModel)];
        }

        async find(id) {
          return this.get(id);
        }

        add(item) {
          const items = Array.isArray(item) ? item : [item];
          const added = items.map((one) => this.#addOne(one));
          return Array.isArray(item) ? added : added[0];
        }

        #addOne(item) {
          const known = this.get(item.id);
          if (known) return known;
          const model = item instanceof this.modelClass ? item : new this.modelClass(item);
          this._models.push(model);
          this._index[key(model.id)] = model;
          model.on("all", (name, ...args) => this.trigger(name, ...args));
          this.trigger("add", model, this);
          return model;
        }

        remove(idOrModel) {
          const model = this.get(idOrModel);
          if (!model) return undefined;
          this._models = this._models.filter((one) => one !== model);
          delete this._index[key(model.id)];
          this.trigger("remove", model, this);
          return model;
        }

        reset() {
          this._models = [];
          this._index = {};
          this.trigger("reset", this);
        }

        getModelsArray() {
          return [...this._models];
        }

        toArray() {
          return [...this._models];
        }

        forEach(callback) {
          this._models.forEach(callback);
        }

        map(callback) {
          return this._models.map(callback);
        }

        filter(callback) {
          return this._models.filter(callback);
        }

        some(callback) {
          return this._models.some(callback);
        }

        findFirst(callback) {
          return this._models.find(callback);
        }

        serialize() {
          return this._models.map((model) => model.serialize());
        }
      };
    },
  );
})();
